import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { AppError } from '../errors.ts';
import { readBuild } from './build.ts';
import type { Answer, Order } from './process.ts';
import type { Rendered, RenderJob } from './renderer.ts';

/** Render processes that make pictures side by side. A crash costs one retry, a hang one deadline, never the service. */
export type RenderPool = {
  /** Resolves with the renderer build once a process can render; rejects with start_failed when none can start. */
  ready(): Promise<{ readonly build: string }>;
  /** Rejects with render_failed, render_timeout, overloaded, or what is wrong with the template or an asset of its own. */
  render(job: RenderJob): Promise<Rendered>;
  /** Ids of the processes, jobs waiting and processes replaced so far. */
  stats(): { readonly pids: readonly number[]; readonly waiting: number; readonly replaced: number };
  /** Refuses what waits, lets nothing more in and ends the processes. */
  close(): Promise<void>;
};

/** How large a pool is and when it gives up. */
export type PoolOptions = {
  /** Processes; by default one less than the machine's cores, at least two so that a crash never leaves none. */
  readonly size?: number;
  /** The longest one render may take, in ms, before its process is replaced. */
  readonly deadlineMs?: number;
  /** A process grown past this is replaced between renders: native libraries leak a little. */
  readonly memoryLimitBytes?: number;
  /** Jobs that may wait; the next one is refused as overloaded. */
  readonly maxWaiting?: number;
};

type Task = {
  readonly job: RenderJob;
  readonly resolve: (rendered: Rendered) => void;
  readonly reject: (error: AppError) => void;
  crashes: number;
};
type Worker = {
  readonly child: ChildProcess;
  ready: boolean;
  task: Task | undefined;
  timer: NodeJS.Timeout | undefined;
};

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5000;

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
  const waiting: Task[] = [];
  let closing = false;
  let replaced = 0;
  let nextId = 1;
  let pause = FIRST_PAUSE_MS;
  let settle: { resolve(): void; reject(error: AppError): void };
  const started = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  started.catch(() => {});

  const spawn = (): void => {
    if (closing || workers.size >= size) return;
    const child = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    const worker: Worker = { child, ready: false, task: undefined, timer: undefined };
    workers.add(worker);
    child.on('message', (answer: Answer) => hear(worker, answer));
    child.on('error', () => {});
    child.once('exit', () => bury(worker));
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
        (error) => finish(worker, () => task.reject(error)),
      );
      return;
    }
    if (answer.kind === 'done') {
      const { bytes, ...rest } = answer.rendered;
      finish(worker, () =>
        task.resolve({ ...rest, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) }),
      );
    } else {
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

  const next = (): void => {
    for (const worker of workers) {
      if (waiting.length === 0) return;
      const { killed, exitCode, signalCode } = worker.child;
      // `killed` is true from the moment of our signal: a task given to a process that is ending would lose its only retry.
      if (!worker.ready || worker.task || killed || exitCode !== null || signalCode !== null) continue;
      const task = waiting.shift() as Task;
      worker.task = task;
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

  const bury = (worker: Worker): void => {
    workers.delete(worker);
    const { task } = worker;
    if (task) {
      finish(worker, () => {
        task.crashes++;
        // Its place is first in line; a render that ends two processes is itself the cause.
        if (task.crashes === 1 && !closing) waiting.unshift(task);
        else
          task.reject(
            new AppError(
              'render_failed',
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
    setTimeout(spawn, pause).unref();
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  };

  spawn();

  return {
    ready: () => started.then(() => ({ build: readBuild() })),
    render: (job) =>
      new Promise((resolve, reject) => {
        if (closing) return reject(new AppError('overloaded', 'The service is stopping: try again in a moment.'));
        if (waiting.length >= maxWaiting)
          return reject(new AppError('overloaded', 'Too many pictures are waiting: try again in a moment.'));
        waiting.push({ job, resolve, reject, crashes: 0 });
        next();
      }),
    stats: () => ({ pids: [...workers].flatMap(({ child }) => child.pid ?? []), waiting: waiting.length, replaced }),
    async close() {
      closing = true;
      for (const task of waiting.splice(0))
        task.reject(new AppError('overloaded', 'The service is stopping: try again in a moment.'));
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
