import { open } from 'node:fs/promises';
import { AppError } from '../core/errors.ts';

/** A CSV file of contacts' own keys and their references, as a platform imports it: UTF-8, commas. */
export type ReferenceList = {
  /** Adds a row. */
  add(key: string, reference: string): void;
  count(): number;
  bytes(): Buffer;
};

// What other separators than ours, and line breaks, would tear apart stands in quotes as well.
const PLAIN = /^[\p{L}\p{N}@._+-]+$/u;
// Calling a function, another program or another file takes one of these; a phone number or a handle has none.
const FORMULA = /^\s*[=+\-@＝＋－＠].*[(|![]/su;
// One piece for so many rows takes less memory than their texts.
const ROWS_AT_ONCE = 1000;

/** Whether a spreadsheet that opens the list would run the text, quoted or not. */
export const isFormula = (text: string): boolean => FORMULA.test(text);

/** Starts a list; nothing of a key is changed but that it is quoted. */
export function createReferenceList(keyColumn: string, referenceColumn: string): ReferenceList {
  const pieces = [Buffer.from(headerOf(keyColumn, referenceColumn))];
  let lines = '';
  let count = 0;
  const close = () => {
    pieces.push(Buffer.from(lines));
    lines = '';
  };
  return {
    add(key, reference) {
      lines += `${cellOf(key)},${reference}\n`;
      if (++count % ROWS_AT_ONCE === 0) close();
    },
    count: () => count,
    bytes() {
      close();
      return Buffer.concat(pieces);
    },
  };
}

/** Throws `request_invalid` when the file is there and is no such list: somebody would miss it. */
export async function checkReferenceFile(file: string, keyColumn: string, referenceColumn: string): Promise<void> {
  const header = Buffer.from(headerOf(keyColumn, referenceColumn));
  const start = await startOf(file, header.length);
  if (start === undefined || start.equals(header)) return;
  const message = `${file} is there already and is no list of ${keyColumn} and ${referenceColumn}: give --out another name.`;
  throw new AppError('request_invalid', message);
}

/** Undefined when there is no such file. */
async function startOf(file: string, length: number): Promise<Buffer | undefined> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AppError('request_invalid', `${file} cannot be read: give --out another name.`, { cause });
  }
}

const headerOf = (...columns: readonly string[]): string => `${columns.map(cellOf).join(',')}\n`;

const cellOf = (text: string): string => (PLAIN.test(text) ? text : `"${text.replaceAll('"', '""')}"`);
