import { type ChildProcess, fork } from 'node:child_process';
import { AppError } from '../errors.ts';
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

/** How a render process is started: settings of its C library, beside the environment, and of its JavaScript engine. */
export const start = {
  // Of the C library of most systems: a large bitmap goes back to the system when it is let go, and the threads that decode
  // pictures share what smaller ones leave behind; by default a process holds on to nearly as much again as it needs. What
  // an email's hero at twice its size takes, 2.9 MB, stays: the next one needs it again at once.
  env: {
    MALLOC_ARENA_MAX: '2',
    MALLOC_MMAP_THRESHOLD_: String(4 * 2 ** 20),
    MALLOC_TRIM_THRESHOLD_: String(32 * 2 ** 20),
  },
  execArgv: [
    // In MB. Pixels are not on this heap: a drawing that needs more of it has run away, and ends alone.
    '--max-old-space-size=512',
    // In MB. What a picture leaves behind is done with at once: where it is collected in small parts, the whole heap, which
    // costs as much as some dozen pictures, hardly ever has to be.
    '--max-semi-space-size=4',
  ],
};

let nextId = 1;

/** What a pool hears of a process: its answers and, once, that it is gone; with an error when it was never there. */
export type Listener<Task extends Givable> = {
  answer(worker: Worker<Task>, answer: Answer): void;
  exit(worker: Worker<Task>, signal: string | null, error?: AppError): void;
};

function openTrays(): Tray[] {
  const trays: Tray[] = [];
  try {
    while (trays.length < HAND) trays.push(openTray());
    return trays;
  } catch (cause) {
    for (const tray of trays) tray.close();
    const message = 'No file can be made in /dev/shm or the folder for temporary files: make room there.';
    throw new AppError('start_failed', message, { cause });
  }
}

const notStarted = (cause: unknown) =>
  new AppError(
    'start_failed',
    'The system starts no render process: look at its memory, and at how many processes and files it allows.',
    { cause },
  );

function forkWith(trays: readonly Tray[], entry: string): ChildProcess {
  try {
    return fork(entry, [], {
      env: { ...start.env, ...process.env },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc', ...trays.map(({ fd }) => fd)],
      execArgv: start.execArgv,
    });
  } catch (error) {
    for (const tray of trays) tray.close();
    throw notStarted(error);
  }
}

/** Starts a process. Throws start_failed when there is no room for its trays, or none for itself that is seen at once. */
export function openWorker<Task extends Givable>(entry: string, on: Listener<Task>): Worker<Task> {
  const trays = openTrays();
  const child = forkWith(trays, entry);
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
  // One that could not be started has no exit.
  child.on('error', (error) => {
    if (child.pid === undefined) on.exit(worker, null, notStarted(error));
  });
  child.once('exit', (_code, signal) => on.exit(worker, signal));
  return worker;
}
