import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Resident memory of one process, in MB, without its children. */
export async function residentMb(pid) {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return (Number(stdout) * 1024) / 1e6;
}

/**
 * The part of it that is the process's own, in MB: without the pages of files, such as the cache's, that are mapped into
 * it and that the system takes back as it likes. All of it where the system does not tell (other than Linux).
 */
export async function ownMb(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const anonymous = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  return anonymous === undefined ? residentMb(pid) : (Number(anonymous) * 1024) / 1e6;
}
