import { setTimeout as pause } from 'node:timers/promises';
import { recordsFault } from './faults.ts';

const TRIES = 10;
const PAUSE_MS = 50;

/** Does work in the background again while others write to the database: they come first. */
export async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let i = 1; ; i++) {
    try {
      return await work();
    } catch (error) {
      if (recordsFault(error)?.code !== 'overloaded' || i === TRIES) throw error;
      await pause(PAUSE_MS * i);
    }
  }
}
