import { CommanderError } from 'commander';
import { AppError, type Fault } from '../core/errors.ts';

/** The exit code when the work failed. */
export const FAILED = 1;
/** The exit code when the command line was wrong. */
const MISUSED = 2;

/** One fault as a line of its own, indented under the sentence it belongs to. */
export const faultLine = ({ path, message }: Fault): string => `  ${path ? `${path}: ` : ''}${message}`;

/** What to print for an error, one sentence and its faults below it, and the code to exit with. Never a stack. */
export function describeFailure(error: unknown): { text: string | undefined; exitCode: number } {
  // Commander has printed its own sentence, or the help that was asked for, by the time it throws.
  if (error instanceof CommanderError) return { text: undefined, exitCode: error.exitCode === 0 ? 0 : MISUSED };
  const { message } = error instanceof Error ? error : new Error(String(error));
  const faults = error instanceof AppError ? error.faults : [];
  // A sentence that tells its faults already is not followed by them.
  const untold = faults.filter((fault) => !message.includes(fault.message));
  return { text: [`mergepix: ${message}`, ...untold.map(faultLine)].join('\n'), exitCode: FAILED };
}
