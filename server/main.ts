import type { Config } from './config.ts';
import { startPool } from './pool.ts';
import type { RunningServer, StartOptions } from './running.ts';
import type { RunningWorker, WorkerOptions } from './working.ts';

export type { RunningServer, StartOptions } from './running.ts';
export type { RunningWorker, WorkerOptions } from './working.ts';

/**
 * Starts the service: opens everything, listens, and publishes the samples that are not there yet. Throws
 * `start_failed` with one line for a port in use, a folder that cannot be written or a library that does not load.
 */
export async function startServer(config: Config, options: StartOptions = {}): Promise<RunningServer> {
  // First of all: render processes load their libraries while this one loads its own.
  const pool = startPool(config);
  try {
    const { runServer } = await import('./running.ts');
    return await runServer(config, pool, options);
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** Starts a worker: it works off the queue and serves no pictures. Throws as `startServer` does. */
export async function startWorker(config: Config, options: WorkerOptions = {}): Promise<RunningWorker> {
  const pool = startPool(config);
  try {
    const { runWorker } = await import('./working.ts');
    return await runWorker(config, pool, options);
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/**
 * Ends the process in good order on SIGTERM or Ctrl-C; a second signal ends it at once. `onStopped` is given the exit
 * code.
 */
export function closeOnSignals(running: Pick<RunningServer, 'close'>, onStopped: (code: number) => void): void {
  let isClosing = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isClosing) return onStopped(1);
      isClosing = true;
      running.close().then(
        () => onStopped(0),
        () => onStopped(1),
      );
    });
  }
}
