import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { AppError } from '../errors.ts';
import type { FitReport } from '../paint/fit-report.ts';
import { readBuild } from './build.ts';
import { createPace, deal, isStuck } from './deal.ts';
import type { FitJob } from './fit.ts';
import { createLine, type InLine, type LineStats, type Wish } from './line.ts';
import { createLoans } from './loans.ts';
import type { Answer, End } from './process.ts';
import type { Rendered, RenderJob } from './renderer.ts';
import { openWorker, type Worker as WorkerOf } from './worker.ts';

/** Render processes that make pictures side by side. A crash costs one retry, a hang one deadline, never the service. */
export type RenderPool = {
  /** Resolves with the renderer build once a process can render; rejects with start_failed when none can start. */
  ready(): Promise<{ readonly build: string }>;
  /**
   * Draws for a recipient who waits for ever, or as the wish says: background jobs are drawn while no recipient's waits,
   * and while pictures take long a process stays free for the next one; a job that nobody waits for any more is dropped as
   * overloaded. Rejects with render_failed, render_crashed (its process ended twice), render_timeout, overloaded, or what is wrong with the template or an asset of its own.
   */
  render(job: RenderJob, wish?: Wish): Promise<Drawn>;
  /** Tries rows of data without drawing any; in line with the pictures. Rejects as `render` does. */
  fit(job: FitJob, wish: Wish): Promise<FitReport>;
  stats(): PoolStats;
  /** Refuses what waits, lets nothing more in and ends the processes. */
  close(): Promise<void>;
};

/** A picture; its memory is used again after `giveBack`, which is there when all that was wished is to look at it briefly. */
export type Drawn = Rendered & { readonly giveBack?: () => void };

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
  readonly resolve: (result: Drawn | FitReport) => void;
  readonly reject: (error: AppError) => void;
  crashes: number;
};
type Worker = WorkerOf<Task>;

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5000;
// Processes that were ended together, by the kernel or somebody's hand, are heard of within this time: a picture that went
// from one of them to the next would look like the cause.
const RETRY_MS = 100;
// How often those that draw are looked at.
const LOOK_MS = 50;

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
    hurried: (task) => {
      for (const worker of workers) worker.hurry(task);
      next();
    },
  });
  const loans = createLoans();
  const pace = createPace({ isOnly: size === 1 });
  let closing = false;
  let replaced = 0;
  let pause = FIRST_PAUSE_MS;
  let looking: NodeJS.Timeout | undefined;
  let settle: { resolve(): void; reject(error: AppError): void };
  const started = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  started.catch(() => {});

  const spawn = (): void => {
    if (closing || workers.size >= size) return;
    try {
      workers.add(openWorker<Task>(entry, { answer: hear, exit: bury }));
    } catch (error) {
      settle.reject(error as AppError);
      spawnLater();
    }
  };

  const spawnLater = (): void => {
    setTimeout(spawn, pause).unref();
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  };

  const hear = (worker: Worker, answer: Answer): void => {
    if (answer.kind === 'ready') {
      worker.isReady = true;
      pause = FIRST_PAUSE_MS;
      settle.resolve();
      // The others start once the first draws: together they would only make each other late.
      for (let left = size - workers.size; left > 0; left--) spawn();
    } else if (answer.kind === 'refused') settle.reject(new AppError(answer.code, answer.message));
    else if (answer.kind === 'missing') sendTemplate(worker, answer.id);
    else {
      const { ends } = answer;
      const now = performance.now();
      if (ends.every(({ kind }) => kind !== 'fitted')) pace.note(now - worker.since, ends.length);
      worker.since = now;
      for (const end of ends) finish(worker, end);
      if (answer.rss > memoryLimitBytes) retire(worker);
    }
    next();
  };

  const finish = (worker: Worker, end: End): void => {
    const held = worker.release(end.id);
    if (!held?.task) return;
    const { task, tray } = held;
    if (end.kind === 'fitted') return void task.resolve(end.report);
    if (end.kind === 'failed') return void task.reject(new AppError(end.code, end.message, { cause: end.cause }));
    const loan = task.wish.isBrief && !end.bytes ? loans.lend(end.length) : undefined;
    // Of what came with a message, all of the message would stay in memory.
    const bytes = end.bytes ? Buffer.from(end.bytes) : tray.take(end.length, loan?.bytes);
    if (bytes) task.resolve({ ...end.rendered, bytes, ...(loan && { giveBack: loan.giveBack }) });
    else {
      // It lies about what it has drawn.
      retire(worker);
      again([task], task, 'SIGKILL');
    }
  };

  const sendTemplate = (worker: Worker, id: number): void => {
    const job = worker.hand.get(id)?.task?.job;
    if (!job) return;
    const { key } = job.template;
    Promise.resolve(job.template.load()).then(
      (source) => {
        worker.since = performance.now();
        worker.send({ kind: 'template', key, source });
      },
      (error) => {
        for (const held of [...worker.hand.values()]) {
          if (held.task?.job.template.key !== key) continue;
          held.task.reject(error);
          worker.release(held.id);
        }
        worker.send({ kind: 'template', key });
        next();
      },
    );
  };

  const next = (): void => {
    deal(workers, line, pace.now());
    // Answers that have arrived long ago are heard before.
    if ([...workers].some(({ hand }) => hand.size > 0)) looking ??= setTimeout(() => setImmediate(look), LOOK_MS);
  };

  const look = (): void => {
    looking = undefined;
    for (const worker of [...workers].filter(isStuck)) {
      const waiting = worker.waiting();
      const first = worker.drawn() ?? waiting[0];
      if (performance.now() - worker.since > deadlineMs) {
        const message = 'The picture took too long to draw: make its template or its pictures smaller.';
        first?.task?.reject(new AppError('render_timeout', message));
        if (first) first.task = undefined;
        retire(worker);
      }
      // Where there is no other process, what is taken from this one would only be drawn twice.
      for (const held of size > 1 ? waiting : []) {
        if (held === first || held.task?.wish.priority !== 'recipient') continue;
        line.putBack(held.task);
        // Should this process still come to it, nobody takes what it draws.
        held.task = undefined;
      }
    }
    next();
  };

  /** Ends a process whose other pictures are not to blame for it. */
  const retire = (worker: Worker): void => {
    worker.isRetired = true;
    worker.kill();
  };

  const bury = (worker: Worker, signal: string | null, error?: AppError): void => {
    workers.delete(worker);
    const blamed = worker.isRetired ? undefined : (worker.drawn() ?? worker.waiting()[0])?.task;
    worker.close();
    again(
      [...worker.hand.values()].flatMap(({ task }) => task ?? []),
      blamed,
      signal,
    );
    if (closing) return;
    replaced++;
    if (worker.isReady) {
      spawn();
      next();
      return;
    }
    const message =
      'A render process ended before it was ready: run ./setup, then node -e \'require("canvas")\' to see why.';
    settle.reject(error ?? new AppError('start_failed', message));
    spawnLater();
  };

  /** Has pictures of a process that is gone drawn once more, unless the one that is to blame has ended two by now. */
  const again = (tasks: readonly Task[], blamed: Task | undefined, signal: string | null): void => {
    // A process that is killed, by the kernel or by a person, is rarely ended by what it draws.
    if (blamed) blamed.crashes += signal === 'SIGKILL' ? 0.5 : 1;
    const left = tasks.filter(({ crashes, reject }) => {
      if (closing) reject(stopping());
      else if (crashes >= 2)
        reject(
          new AppError(
            'render_crashed',
            'Drawing this picture ended its process twice: look at the pictures it is given.',
          ),
        );
      return !closing && crashes < 2;
    });
    if (left.length > 0) setTimeout(retry, RETRY_MS, left);
  };

  const retry = (tasks: readonly Task[]): void => {
    for (const task of tasks.toReversed()) {
      if (closing) task.reject(stopping());
      else line.putBack(task);
    }
    next();
  };

  const enqueue = <Result extends Drawn | FitReport>(job: Task['job'], wish: Wish): Promise<Result> =>
    new Promise((done, reject) => {
      const resolve = done as Task['resolve'];
      if (closing) return reject(stopping());
      if (!line.add({ job, wish, since: performance.now(), resolve, reject, crashes: 0 }))
        return reject(new AppError('overloaded', 'Too many pictures are waiting: try again in a moment.'));
      next();
    });

  spawn();

  return {
    ready: () => started.then(() => ({ build: readBuild() })),
    render: (job, wish = { priority: 'recipient', until: Number.POSITIVE_INFINITY }) => enqueue<Drawn>(job, wish),
    fit: (job, wish) => enqueue<FitReport>(job, wish),
    stats: () => ({
      ...line.stats(),
      pids: [...workers].flatMap(({ child }) => child.pid ?? []),
      busy: [...workers].filter(({ hand }) => hand.size > 0).length,
      replaced,
    }),
    async close() {
      closing = true;
      clearTimeout(looking);
      for (const task of line.clear()) task.reject(stopping());
      await Promise.all(
        [...workers].map(
          ({ child }) =>
            new Promise<void>((resolve) => {
              if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resolve();
              child.once('exit', () => resolve());
              child.kill('SIGKILL');
            }),
        ),
      );
    },
  };
}
