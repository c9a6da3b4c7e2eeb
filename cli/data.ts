import { readFile } from 'node:fs/promises';
import { AppError } from '../core/errors.ts';

// A path has a slash or a dot before any equals sign that may be in it.
const PAIR = /^([\w -]+)=(.*)$/s;

/**
 * Reads the values of repeated `--data` options, later ones first in rank: `field=value`, or a JSON file that holds an
 * object. Throws data_invalid for a file that does not.
 */
export async function readData(given: readonly string[]): Promise<Record<string, unknown>> {
  const data: Record<string, unknown> = Object.create(null);
  for (const entry of given) {
    const [, name, value] = PAIR.exec(entry) ?? [];
    if (name !== undefined) data[name] = value;
    else Object.assign(data, await readObject(entry));
  }
  return data;
}

/** Reads a JSON file of any content. Throws data_invalid, with what to do, when it cannot be read or is not JSON. */
export async function readJson(file: string, remedy = 'check the path and its permissions'): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AppError('data_invalid', `${file} cannot be read: ${remedy}.`, { cause });
  });
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    // The parser's own message quotes the text, which may hold personal data.
    throw new AppError('data_invalid', `${file} is not JSON: check it with an editor that marks mistakes.`, { cause });
  }
}

async function readObject(file: string): Promise<object> {
  const content = await readJson(file, 'give field=value, or the path of a JSON file');
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  throw new AppError('data_invalid', `${file} should hold one JSON object with a value for each field.`);
}
