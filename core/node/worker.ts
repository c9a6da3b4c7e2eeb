import { type ChildProcess, fork } from 'node:child_process';
import type { FitJob } from './fit.ts';
import type { Answer, Message } from './process.ts';
import type { RenderJob } from './renderer.ts';
import { openTray, type Tray } from './tray.ts';

/** How many pictures a render process may have in hand: what it does next is there when one is finished. */
export const HAND = 8;

/** What a process may be given: a picture to draw, or rows to fit. */
export type Givable = {
  readonly job: RenderJob | FitJob;
  readonly wish: { readonly priority: 'recipient' | 'background' };
};

/** A picture in the hand of a process; without its task when somebody else draws it by now. */
export type Held<Task> = { readonly id: number; readonly tray: Tray; task: Task | undefined };

/** One render process, what it has in hand, and the trays it lays pictures on. */
export type Worker<Task extends Givable> = {
  readonly child: ChildProcess;
  readonly hand: ReadonlyMap<number, Held<Task>>;
  /** When it was last heard of, or given something while it had nothing to do. */
  since: number;
  isReady: boolean;
  /** Ended by us, and not by anything it draws. */
  isRetired: boolean;
  /** Whether it can be given more. */
  isOpen(): boolean;
  /** Has it draw, at most as many as there is room for: recipients' before all others that are not begun. */
  give(tasks: readonly Task[]): void;
  /** Has it draw one in hand before all others. */
  hurry(task: Task): void;
  /** Takes out of its hand what it has answered. */
  release(id: number): Held<Task> | undefined;
  send(message: Message): void;
  /** What it is drawing now; what is finished and not answered is not it. */
  drawn(): Held<Task> | undefined;
  /** What it has not begun. */
  waiting(): Held<Task>[];
  kill(): void;
  close(): void;
};

// Pixels are not on this heap: a drawing that needs more of it has run away, and ends alone.
const HEAP_MB = 512;
// What a picture leaves behind is done with at once: where it is collected in small parts, the whole heap, which costs as
// much as some dozen pictures, hardly ever has to be.
const YOUNG_MB = 4;

let nextId = 1;

/** Starts a process. Throws what the system says when there is no room for its trays. */
export function openWorker<Task extends Givable>(
  entry: string,
  on: { answer(worker: Worker<Task>, answer: Answer): void; exit(worker: Worker<Task>, signal: string | null): void },
): Worker<Task> {
  const trays: Tray[] = [];
  try {
    while (trays.length < HAND) trays.push(openTray());
  } catch (error) {
    for (const tray of trays) tray.close();
    throw error;
  }
  const child = fork(entry, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', ...trays.map(({ fd }) => fd)],
    execArgv: [`--max-old-space-size=${HEAP_MB}`, `--max-semi-space-size=${YOUNG_MB}`],
  });
  const free = [...trays];
  const hand = new Map<number, Held<Task>>();
  const held = () => [...hand.values()].filter(({ task }) => task);

  const worker: Worker<Task> = {
    child,
    hand,
    ...{ since: 0, isReady: false, isRetired: false },
    // `killed` is true from the moment of our signal.
    isOpen: () =>
      worker.isReady && free.length > 0 && !child.killed && child.exitCode === null && child.signalCode === null,
    give(tasks) {
      if (hand.size === 0) worker.since = performance.now();
      const orders = tasks.map((task) => {
        const tray = free.pop() as Tray;
        const id = nextId++;
        hand.set(id, { id, tray, task });
        const { template, ...job } = task.job;
        const isUrgent = task.wish.priority === 'recipient';
        return { ...job, id, tray: trays.indexOf(tray), isUrgent, templateKey: template.key };
      });
      worker.send({ kind: 'draw', orders });
    },
    hurry(task) {
      const found = held().find((each) => each.task === task);
      if (found) worker.send({ kind: 'hurry', id: found.id });
    },
    release(id) {
      const found = hand.get(id);
      if (!found) return undefined;
      hand.delete(id);
      free.push(found.tray);
      return found;
    },
    send(message) {
      child.send(message, (error) => {
        // A process that cannot be told anything is as good as gone: its exit hands on what it has.
        if (error) worker.kill();
      });
    },
    drawn: () => held().find(({ id, tray }) => tray.progress(id) === 'begun'),
    waiting: () => held().filter(({ id, tray }) => tray.progress(id) === undefined),
    kill: () => void child.kill('SIGKILL'),
    close() {
      for (const tray of trays) tray.close();
    },
  };
  child.on('message', (answer: Answer) => on.answer(worker, answer));
  child.on('error', () => {});
  child.once('exit', (_code, signal) => on.exit(worker, signal));
  return worker;
}
