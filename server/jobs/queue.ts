import type { Records } from '../stores/records/index.ts';
import type { JobKind, JobPayloads } from './kinds.ts';

/** A job to be done, from `runAt` (ms since 1970) on; at once when absent. */
export type JobOrder<Kind extends JobKind> = {
  readonly workspace: string;
  readonly payload: JobPayloads[Kind];
  readonly runAt?: number;
};

/** A job under way. */
export type Job<Kind extends JobKind = JobKind> = {
  readonly id: string;
  readonly workspace: string;
  readonly kind: Kind;
  readonly payload: JobPayloads[Kind];
  /** 1 at first, one more after each failure. */
  readonly attempt: number;
  readonly createdAt: number;
  /** Fires when the process is about to stop, or when another one has taken the job over: come to an end soon. */
  readonly signal: AbortSignal;
};

/** What a job says when it is not done yet but nothing went wrong: run it again in so many ms, attempts start anew. */
export type Again = { readonly againIn: number };

/** How the jobs of one kind are worked off. */
export type Lane<Kind extends JobKind = JobKind> = {
  /** How many at a time in this process. */
  readonly concurrency: number;
  /** How often a job may fail before it is given up. */
  readonly attempts: number;
  /** Milliseconds to wait after failure number `attempt`; the queue adds some chance. */
  backoff(attempt: number): number;
  run(job: Job<Kind>): Promise<Again | undefined>;
  /** Hears of a job that is given up. */
  gaveUp?(job: Job<Kind>): Promise<void>;
};

/** A lane for every kind. */
export type Lanes = { readonly [Kind in JobKind]: Lane<Kind> };

/**
 * How many jobs of a kind wait, how many of them are due, how many run, and for how many ms the one that waits longest
 * has been due.
 */
export type QueueStats = {
  readonly kind: string;
  readonly waiting: number;
  readonly due: number;
  readonly running: number;
  readonly oldestMs: number;
};

/** What a worker leaves to others: the jobs of all workspaces but these, when there are any. */
export type WorkOptions = { readonly workspaces?: readonly string[] | undefined } & ApartOptions;

/** For a queue in the records: what is left to another process just now, and in whose name jobs are held. */
export type ApartOptions = { readonly leaves?: ((kind: JobKind) => boolean) | undefined; readonly lease?: string };

/** Works until closed; closing lets jobs under way end for some seconds and hands back the rest. */
export type Worker = { close(): Promise<void> };

/** What the payload of a job is sealed for. */
export const jobContext = (id: string): string => `job:${id}`;

/**
 * Jobs that outlive the process, kept in the records whoever brings them to workers. Each is run at least once: one whose
 * process is lost is taken over by another when its lease ends, so that running it twice has to come to the same.
 */
export type Queue = {
  /** Keeps a job and gives its id; as a part of the transaction `db`, when there is one. */
  add<Kind extends JobKind>(kind: Kind, order: JobOrder<Kind>, db?: Records): Promise<string>;
  /** Works off jobs of the kinds there are lanes for. */
  work(lanes: Partial<Lanes>, options?: WorkOptions): Worker;
  stats(): Promise<QueueStats[]>;
  /** Fails when what brings jobs to workers does not answer; the records are asked elsewhere. */
  check(): Promise<void>;
  /** Lets go of what brings jobs to workers. */
  close(): Promise<void>;
};
