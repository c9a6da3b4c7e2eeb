import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { AppError } from '../errors.ts';

/** Two pictures of the same thing, each in a format of ours. */
export type Pair = { readonly before: Uint8Array; readonly after: Uint8Array };

/**
 * How far two pictures differ: the share of pixels that look different, the mean difference of all channels (both 0 to 1),
 * and a PNG with the differences in red over what is the same.
 */
export type Compared = { readonly changed: number; readonly mean: number; readonly picture: Uint8Array };

/** Compares pictures in a process of its own, which decodes them and ends with the work. */
export type Comparer = { compare(pairs: readonly Pair[]): Promise<Compared[]> };

const DEADLINE_MS = 20_000;

/** A comparer that serves one request after the other. `compare` rejects with render_failed or render_timeout. */
export function createComparer(): Comparer {
  let last: Promise<unknown> = Promise.resolve();
  return {
    compare(pairs) {
      const result = last.then(() => compareAll(pairs));
      last = result.catch(() => undefined);
      return result;
    },
  };
}

async function compareAll(pairs: readonly Pair[]): Promise<Compared[]> {
  if (pairs.length === 0) return [];
  const child = fork(createRequire(import.meta.url).resolve('#compare-process'), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  try {
    return await new Promise((resolve, reject) => {
      const done: Compared[] = [];
      const timer = setTimeout(
        () => reject(new AppError('render_timeout', 'The pictures were not compared in time: try again in a moment.')),
        DEADLINE_MS,
      );
      const next = () => child.send(pairs[done.length] as Pair, () => undefined);
      child.on('message', (compared: Compared) => {
        done.push(compared);
        if (done.length < pairs.length) return next();
        clearTimeout(timer);
        resolve(done);
      });
      child.once('exit', () => {
        clearTimeout(timer);
        reject(new AppError('render_failed', 'The pictures could not be compared: look at the log.'));
      });
      next();
    });
  } finally {
    child.kill('SIGKILL');
  }
}
