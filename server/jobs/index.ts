import { failBatch, runBatch } from '../batches/run.ts';
import { giveUpEvent, receiveEvent, writeBack } from '../connections/receive.ts';
import { failRender, makeRender } from '../renders/make.ts';
import type { Services } from '../services.ts';
import { failSync, runSync } from '../syncs/run.ts';
import { checkWarmup } from '../warmups/check.ts';
import { finishWarmup } from '../warmups/finish.ts';
import { listAudience } from '../warmups/list.ts';
import { lookAtSends } from '../warmups/look.ts';
import { giveUpMaking, makeChunk } from '../warmups/make.ts';
import { giveUpResolving, resolveChunk } from '../warmups/resolve.ts';
import { failWarmup } from '../warmups/steps.ts';
import { tellWarmup } from '../warmups/tell.ts';
import type { JobKind } from './kinds.ts';
import type { Again, Job, Lane, Lanes, QueueStats, Worker, WorkOptions } from './queue.ts';

/** How the jobs of one kind are done; see `Lane`. What it does has to come to the same when it is done twice. */
export type JobType<Kind extends JobKind = JobKind> = Omit<Lane<Kind>, 'run' | 'gaveUp'> & {
  run(services: Services, job: Job<Kind>): Promise<Again | undefined>;
  gaveUp?(services: Services, job: Job<Kind>): Promise<void>;
};

const doubling = (first: number) => (attempt: number) => first * 2 ** (attempt - 1);

/** Every kind of job. */
export const jobTypes = {
  'batch.run': { concurrency: 2, attempts: 8, backoff: doubling(1000), run: runBatch, gaveUp: failBatch },
  'connection.receive': {
    concurrency: 4,
    attempts: 8,
    backoff: doubling(2000),
    run: receiveEvent,
    gaveUp: giveUpEvent,
  },
  'connection.sync': { concurrency: 2, attempts: 8, backoff: doubling(5000), run: runSync, gaveUp: failSync },
  'connection.write': { concurrency: 2, attempts: 6, backoff: doubling(2000), run: writeBack },
  'hook.deliver': {
    concurrency: 8,
    attempts: 12,
    backoff: doubling(1000),
    run: ({ hooks }, { workspace, payload }) => hooks.deliver(workspace, payload.delivery),
  },
  'render.make': { concurrency: 4, attempts: 6, backoff: doubling(1000), run: makeRender, gaveUp: failRender },
  'sends.look': { concurrency: 2, attempts: 3, backoff: doubling(15_000), run: lookAtSends },
  'warmup.check': { concurrency: 1, attempts: 8, backoff: doubling(1000), run: checkWarmup, gaveUp: failWarmup },
  'warmup.list': { concurrency: 2, attempts: 8, backoff: doubling(5000), run: listAudience, gaveUp: failWarmup },
  // While one writes down what it has made, the others draw.
  'warmup.make': { concurrency: 3, attempts: 8, backoff: doubling(1000), run: makeChunk, gaveUp: giveUpMaking },
  'warmup.report': { concurrency: 1, attempts: 8, backoff: doubling(1000), run: finishWarmup, gaveUp: failWarmup },
  'warmup.resolve': {
    concurrency: 1,
    attempts: 8,
    backoff: doubling(1000),
    run: resolveChunk,
    gaveUp: giveUpResolving,
  },
  'warmup.tell': { concurrency: 2, attempts: 12, backoff: doubling(1000), run: tellWarmup },
} satisfies { readonly [Kind in JobKind]: JobType<Kind> };

/** Which jobs to work off: those of some kinds only, of some workspaces only. */
export type JobOptions = WorkOptions & { readonly kinds?: readonly JobKind[] };

/** Works off the queue of the services until closed. */
export function startJobs(services: Services, { kinds, ...options }: JobOptions = {}): Worker {
  const types = Object.entries(jobTypes) as [JobKind, JobType][];
  const wanted = types.filter(([kind]) => kinds === undefined || kinds.includes(kind));
  const lanes = wanted.map(([kind, { run, gaveUp, ...rest }]): [JobKind, Lane] => [
    kind,
    { ...rest, run: (job) => run(services, job), gaveUp: async (job) => gaveUp?.(services, job) },
  ]);
  return services.jobs.work(Object.fromEntries(lanes) as Partial<Lanes>, options);
}

// What a worker is through with in seconds: by then another one would have started.
const JOBS_A_PLACE = 10;

/**
 * How many workers the queue keeps busy: each has as many places for jobs of a kind as its lane is wide, and ten jobs a
 * place are no reason for another one.
 */
export function desiredWorkers(stats: readonly QueueStats[]): number {
  const wanted = stats.map(({ kind, due, running }) => {
    const { concurrency = 1 } = Object.hasOwn(jobTypes, kind) ? jobTypes[kind as JobKind] : {};
    return Math.ceil((due + running) / (concurrency * JOBS_A_PLACE));
  });
  return Math.max(0, ...wanted);
}
