import type { InLine, Line } from './line.ts';
import { type Givable, HAND, type Worker } from './worker.ts';

/** What waits, and how often it seemed to be what ended its process. */
export type Dealt = InLine & Givable & { readonly crashes: number };

/** How long a picture takes of late, whether that is so short that nobody minds waiting for one, and whether there is one process only. */
export type Pace = { readonly usualMs: number; readonly isQuick: boolean; readonly isOnly: boolean };

// A recipient hardly notices waiting for one picture that takes less, which is known once some are drawn: then all
// processes draw what can wait, and have the next of it in hand.
const QUICK_MS = 20;
const QUICK_DRAWN = 20;
// What the last picture counts for in how long one usually takes.
const USUAL_SHARE = 0.1;

/** Notes how long pictures take. */
export function createPace({ isOnly }: Pick<Pace, 'isOnly'>) {
  let usualMs = 0;
  let drawn = 0;
  return {
    note(ms: number, count: number): void {
      drawn += count;
      usualMs += (ms / count - usualMs) * USUAL_SHARE;
    },
    now: (): Pace => ({ usualMs, isQuick: drawn >= QUICK_DRAWN && usualMs < QUICK_MS, isOnly }),
  };
}

// When a recipient waits no longer for the picture in front.
const STUCK_MS = 250;

/** Whether a process has said nothing for so long that whoever is behind its picture had better go elsewhere. */
export const isStuck = <Task extends Dealt>({ hand, since }: Worker<Task>): boolean =>
  hand.size > 0 && performance.now() - since > STUCK_MS;

/**
 * Gives the processes what waits. A recipient gets one that does nothing or, while pictures are quick, one that does only
 * what can wait; where there is one process only, it also has the next recipient's in hand. What can wait is given ahead
 * while pictures are quick, so that no process waits for this one.
 */
export function deal<Task extends Dealt>(workers: Iterable<Worker<Task>>, line: Line<Task>, pace: Pace): void {
  const fit = [...workers].filter(canTake).sort((a, b) => a.hand.size - b.hand.size || a.since - b.since);
  dealRecipients(fit, line, pace);
  dealBackground(fit, line, pace);
}

/** Rows take long, and a picture whose process ended is drawn with no other that could be to blame. */
const isAlone = ({ job, crashes }: Dealt): boolean => crashes > 0 || 'rows' in job;

const canTake = <Task extends Dealt>(worker: Worker<Task>): boolean =>
  worker.isOpen() && [...worker.hand.values()].every(({ task }) => task && !isAlone(task));

const recipientsOf = <Task extends Dealt>({ hand }: Worker<Task>): number =>
  [...hand.values()].filter(({ task }) => task?.wish.priority === 'recipient').length;

function dealRecipients<Task extends Dealt>(fit: readonly Worker<Task>[], line: Line<Task>, pace: Pace): void {
  // No other process could draw the next one sooner, and this one would begin what can wait before it is heard.
  const most = pace.isOnly ? 2 : 1;
  for (const worker of fit) {
    const isBusy = worker.hand.size > 0;
    if (isBusy && (!pace.isQuick || isStuck(worker) || recipientsOf(worker) >= most)) continue;
    const task = line.take('recipient', 2 * pace.usualMs);
    if (!task) return;
    if (isBusy && isAlone(task)) {
      line.putBack(task);
      return;
    }
    worker.give([task]);
  }
}

function dealBackground<Task extends Dealt>(
  fit: readonly Worker<Task>[],
  line: Line<Task>,
  { usualMs, isQuick, isOnly }: Pace,
): void {
  const idle = fit.filter(({ hand }) => hand.size === 0);
  // Where pictures take long, a recipient who comes next must find a process that is free.
  const unquick = isOnly ? idle : idle.slice(1);
  // Several at a time: each message wakes two processes.
  const hungry = isQuick ? fit.filter(({ hand }) => hand.size <= HAND / 2) : unquick;
  const given = new Map<Worker<Task>, Task[]>(hungry.map((worker) => [worker, []]));
  const load = (worker: Worker<Task>) => worker.hand.size + (given.get(worker)?.length ?? 0);
  for (;;) {
    const worker = hungry.reduce<Worker<Task> | undefined>((a, b) => (a && load(a) <= load(b) ? a : b), undefined);
    if (!worker || load(worker) >= (isQuick ? HAND : 1)) break;
    const task = line.take('background', 2 * usualMs);
    if (!task) break;
    if (isAlone(task) && load(worker) > 0) {
      line.putBack(task);
      break;
    }
    given.get(worker)?.push(task);
    if (isAlone(task)) hungry.splice(hungry.indexOf(worker), 1);
  }
  for (const [worker, tasks] of given) if (tasks.length > 0) worker.give(tasks);
}
