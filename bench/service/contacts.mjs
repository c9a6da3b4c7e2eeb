import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { personAt } from '../hero/people.mjs';

const MAIN = fileURLToPath(new URL('../../dist/app/main.js', import.meta.url));

/**
 * Keeps so many contacts with distinct names, as their owner would who has them in a file; gives their references. `env`
 * are the settings of the service they are kept for; the two files go into `folder`.
 */
export async function addContacts(count, env, folder) {
  const rows = Array.from({ length: count }, (_, i) => {
    const { first_name, tier, city, points } = personAt(i);
    return [`person-${i}`, `${first_name} ${i}`, tier, city, points].join(',');
  });
  const file = join(folder, 'people.csv');
  const out = join(folder, 'references.csv');
  await writeFile(file, ['key,first_name,tier,city,points', ...rows].join('\n'));
  const settings = { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', ...env };
  await promisify(execFile)(process.execPath, [MAIN, 'contacts', file, '--key', 'key', '--out', out], {
    env: settings,
  });
  const lines = (await readFile(out, 'utf8')).trim().split('\n').slice(1);
  return lines.map((line) => line.trim().split(',')[1]);
}
