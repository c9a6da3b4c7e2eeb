import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { AppError } from '../errors.ts';
import type { FitReport } from '../paint/fit-report.ts';
import { readBuild } from './build.ts';
import type { FitJob } from './fit.ts';
import { createLine, type InLine, type LineStats, type Wish } from './line.ts';
import type { Answer, Order } from './process.ts';
import type { Rendered, RenderJob } from './renderer.ts';
import { openTray, type Tray } from './tray.ts';

/** Render processes that make pictures side by side. A crash costs one retry, a hang one deadline, never the service. */
export type RenderPool = {
  /** Resolves with the renderer build once a process can render; rejects with start_failed when none can start. */
  ready(): Promise<{ readonly build: string }>;
  /**
   * Draws for a recipient who waits for ever, or as the wish says: background jobs are drawn while no recipient's waits
   * and a process stays free for the next one, save where that would wait for some milliseconds at most; a job that nobody waits for any more is dropped as overloaded. Rejects with
   * render_failed, render_crashed (its process ended twice), render_timeout, overloaded, or what is wrong with the template or an asset of its own.
   */
  render(job: RenderJob, wish?: Wish): Promise<Rendered>;
  /** Tries rows of data without drawing any; in line with the pictures. Rejects as `render` does. */
  fit(job: FitJob, wish: Wish): Promise<FitReport>;
  stats(): PoolStats;
  /** Refuses what waits, lets nothing more in and ends the processes. */
  close(): Promise<void>;
};

/** Ids of the processes, how many of them draw, how many were replaced so far, and what waits. */
export type PoolStats = LineStats & {
  readonly pids: readonly number[];
  readonly busy: number;
  readonly replaced: number;
};

/** How large a pool is and when it gives up. */
export type PoolOptions = {
  /** Processes; by default one less than the machine's cores, at least two so that a crash never leaves none. */
  readonly size?: number;
  /** The longest one render may take, in ms, before its process is replaced. */
  readonly deadlineMs?: number;
  /** A process grown past this is replaced between renders: native libraries leak a little. */
  readonly memoryLimitBytes?: number;
  /** Jobs of each priority that may wait; the next one is refused as overloaded. */
  readonly maxWaiting?: number;
};

type Task = InLine & {
  readonly job: RenderJob | FitJob;
  readonly resolve: (result: Rendered | FitReport) => void;
  readonly reject: (error: AppError) => void;
  crashes: number;
};
type Worker = {
  readonly child: ChildProcess;
  readonly tray: Tray;
  /** When it was given its task. */
  since: number;
  ready: boolean;
  task: Task | undefined;
  timer: NodeJS.Timeout | undefined;
};

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5000;
// Processes that were ended together, by the kernel or somebody's hand, are heard of within this time: a picture that went
// from one of them to the next would look like the cause.
const RETRY_MS = 100;
// Pixels are not on this heap: a drawing that needs more of it has run away, and ends alone.
const HEAP_MB = 512;
// A recipient hardly notices waiting for one picture that takes less, which is known once some are drawn; but where one
// has come, the next one is likely to.
const QUICK_MS = 20;
const QUICK_DRAWN = 20;
const QUIET_MS = 100;
// What the last picture counts for in how long one usually takes.
const USUAL_SHARE = 0.1;

const stopping = () => new AppError('overloaded', 'The service is stopping: try again in a moment.');

/** Starts a pool of render processes. */
export function createRenderPool(options: PoolOptions = {}): RenderPool {
  const {
    size = Math.max(2, availableParallelism() - 1),
    deadlineMs = 5_000,
    memoryLimitBytes = 900 * 2 ** 20,
    maxWaiting = 20_000,
  } = options;
  const entry = createRequire(import.meta.url).resolve('#render-process');
  const workers = new Set<Worker>();
  const line = createLine<Task>({
    max: maxWaiting,
    drop: (task) =>
      task.reject(new AppError('overloaded', 'The picture was not drawn while it was wanted: try again in a moment.')),
    hurried: () => next(),
  });
  let closing = false;
  let replaced = 0;
  let nextId = 1;
  let pause = FIRST_PAUSE_MS;
  /** How long a picture takes of late, in ms. */
  let usualMs = 0;
  let drawn = 0;
  /** When a recipient last asked for one. */
  let askedAt = Number.NEGATIVE_INFINITY;
  let settle: { resolve(): void; reject(error: AppError): void };
  const started = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  started.catch(() => {});

  const spawn = (): void => {
    if (closing || workers.size >= size) return;
    let tray: Tray;
    try {
      tray = openTray();
    } catch (error) {
      settle.reject(
        new AppError(
          'start_failed',
          'No file can be made in /dev/shm or the folder for temporary files: make room there.',
          {
            cause: error,
          },
        ),
      );
      spawnLater();
      return;
    }
    const child = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc', tray.fd],
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
    });
    const worker: Worker = { child, tray, since: 0, ready: false, task: undefined, timer: undefined };
    workers.add(worker);
    child.on('message', (answer: Answer) => hear(worker, answer));
    child.on('error', () => {});
    child.once('exit', (_code, signal) => bury(worker, signal));
  };

  const spawnLater = (): void => {
    setTimeout(spawn, pause).unref();
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  };

  const hear = (worker: Worker, answer: Answer): void => {
    if (answer.kind === 'ready') {
      worker.ready = true;
      pause = FIRST_PAUSE_MS;
      settle.resolve();
      // The others start once the first draws: together they would only make each other late.
      while (!closing && workers.size < size) spawn();
      next();
      return;
    }
    if (answer.kind === 'refused') {
      settle.reject(new AppError(answer.code, answer.message));
      return;
    }
    const { task } = worker;
    if (!task) return;
    if (answer.kind === 'missing') {
      Promise.resolve(task.job.template.load()).then(
        (source) => order(worker, task, source),
        (error) => {
          finish(worker, () => task.reject(error));
          next();
        },
      );
      return;
    }
    if (answer.kind === 'done') {
      const bytes = worker.tray.take(answer.length);
      // Its exit hands the task on.
      if (!bytes) return void worker.child.kill('SIGKILL');
      drawn++;
      usualMs += (performance.now() - worker.since - usualMs) * USUAL_SHARE;
      finish(worker, () => task.resolve({ ...answer.rendered, bytes }));
    } else if (answer.kind === 'fitted') finish(worker, () => task.resolve(answer.report));
    else {
      const { code, message, cause } = answer;
      finish(worker, () => task.reject(new AppError(code, message, { cause })));
    }
    if (answer.rss > memoryLimitBytes) worker.child.kill('SIGKILL');
    next();
  };

  const order = (worker: Worker, task: Task, source?: Order['source']): void => {
    const { template, ...job } = task.job;
    worker.child.send(
      { ...job, id: nextId++, templateKey: template.key, ...(source && { source }) } satisfies Order,
      (error) => {
        // A process that cannot be told anything is as good as gone: its exit hands the task on.
        if (error) worker.child.kill('SIGKILL');
      },
    );
  };

  const finish = (worker: Worker, settleTask: () => void): void => {
    clearTimeout(worker.timer);
    worker.task = undefined;
    settleTask();
  };

  // `killed` is true from the moment of our signal: a task given to a process that is ending would lose its only retry.
  const isFree = ({ ready, task, child: { killed, exitCode, signalCode } }: Worker): boolean =>
    ready && !task && !killed && exitCode === null && signalCode === null;

  const next = (): void => {
    for (;;) {
      const [worker, ...others] = [...workers].filter(isFree);
      // A recipient who comes next must not wait for work that could have waited.
      // One begun too late to be seen costs the one behind it its turn as well.
      const isQuick = drawn >= QUICK_DRAWN && usualMs < QUICK_MS && performance.now() - askedAt > QUIET_MS;
      const task = worker && line.take(2 * usualMs, others.length > 0 || size === 1 || isQuick);
      if (!worker || !task) return;
      worker.task = task;
      worker.since = performance.now();
      worker.timer = setTimeout(() => {
        finish(worker, () =>
          task.reject(
            new AppError(
              'render_timeout',
              'The picture took too long to draw: make its template or its pictures smaller.',
            ),
          ),
        );
        worker.child.kill('SIGKILL');
      }, deadlineMs);
      order(worker, task);
    }
  };

  const retry = (task: Task): void => {
    if (closing) task.reject(stopping());
    else line.putBack(task);
    next();
  };

  const bury = (worker: Worker, signal: NodeJS.Signals | null): void => {
    workers.delete(worker);
    worker.tray.close();
    const { task } = worker;
    if (task) {
      finish(worker, () => {
        // A process that is killed, by the kernel or by a person, is rarely ended by what it draws.
        task.crashes += signal === 'SIGKILL' ? 0.5 : 1;
        // Its place is first in line; a render that ends two processes is itself the cause.
        if (task.crashes < 2 && !closing) setTimeout(retry, RETRY_MS, task);
        else
          task.reject(
            new AppError(
              'render_crashed',
              'Drawing this picture ended its process twice: look at the pictures it is given.',
            ),
          );
      });
    }
    if (closing) return;
    replaced++;
    if (worker.ready) {
      spawn();
      next();
      return;
    }
    settle.reject(
      new AppError(
        'start_failed',
        'A render process ended before it was ready: run ./setup, then node -e \'require("canvas")\' to see why.',
      ),
    );
    spawnLater();
  };

  const enqueue = <Result extends Rendered | FitReport>(job: Task['job'], wish: Wish): Promise<Result> =>
    new Promise((done, reject) => {
      const resolve = done as Task['resolve'];
      if (closing) return reject(stopping());
      if (wish.priority === 'recipient') askedAt = performance.now();
      if (!line.add({ job, wish, since: performance.now(), resolve, reject, crashes: 0 }))
        return reject(new AppError('overloaded', 'Too many pictures are waiting: try again in a moment.'));
      next();
    });

  spawn();

  return {
    ready: () => started.then(() => ({ build: readBuild() })),
    render: (job, wish = { priority: 'recipient', until: Number.POSITIVE_INFINITY }) => enqueue<Rendered>(job, wish),
    fit: (job, wish) => enqueue<FitReport>(job, wish),
    stats: () => ({
      ...line.stats(),
      pids: [...workers].flatMap(({ child }) => child.pid ?? []),
      busy: [...workers].filter(({ task }) => task).length,
      replaced,
    }),
    async close() {
      closing = true;
      for (const task of line.clear()) task.reject(stopping());
      await Promise.all(
        [...workers].map(
          ({ child }) =>
            new Promise<void>((resolve) => {
              if (child.exitCode !== null || child.signalCode !== null) return resolve();
              child.once('exit', () => resolve());
              child.kill('SIGKILL');
            }),
        ),
      );
    },
  };
}
