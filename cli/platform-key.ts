import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { AppError } from '../core/errors.ts';
import type { PlatformId } from '../server/connections/platforms.ts';

const nameOf = (platform: PlatformId): string => `${platform.toUpperCase()}_API_KEY`;

/**
 * The API key of a platform: from a file, from standard input for `-`, else from `KLAVIYO_API_KEY` and the like in the environment.
 * It is no argument, which every process of the machine could read. Throws `request_invalid` when there is none.
 */
export async function readPlatformKey(platform: PlatformId, file: string | undefined): Promise<string> {
  const key = (await readText(file ?? '', nameOf(platform))).trim();
  if (key !== '') return key;
  if (file) throw new AppError('request_invalid', 'The key is empty: put it whole where --key-file says.');
  throw new AppError(
    'request_invalid',
    `Give the key in a file (--key-file key.txt), on standard input (--key-file -) or as ${nameOf(platform)} in the environment.`,
  );
}

async function readText(file: string, variable: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  if (file === '') return process.env[variable] ?? '';
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError('request_invalid', `The file ${file} cannot be read: check its name and rights.`, { cause });
  }
}
