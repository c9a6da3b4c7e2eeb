import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Resident memory of one process, in MB, without its children. */
export async function residentMb(pid) {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return (Number(stdout) * 1024) / 1e6;
}
