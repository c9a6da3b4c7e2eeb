/** A program that runs by itself on this machine. */
export type Program = {
  readonly name: string;
  readonly url: string;
  /** The file that what it says is appended to. */
  readonly log: string;
  /** Of the process that runs now; undefined when none does. */
  readonly pid: number | undefined;
  /** Runs it (again, on the same port) and waits until it answers; a minute at most. */
  start(): Promise<void>;
  /** Asks it to end, and makes it after 25 seconds. */
  stop(): Promise<void>;
  /** Ends it as a lost machine would. */
  kill(): Promise<void>;
  /** A Redis frozen keeps its connections and answers nothing, until `thaw`. (Processes a program has made go on.) */
  freeze(): void;
  thaw(): void;
};

/** What to start: `env` are MERGEPIX_* variables for all processes of ours. */
export type TopologyOptions = {
  /** Processes that serve, 2 by default. */
  readonly serves?: number;
  /** Workers, 2 by default. */
  readonly workers?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Where everything is kept and stays; without one, a folder that goes with the topology. */
  readonly folder?: string;
  /** Of nginx; a free one when absent. */
  readonly port?: number;
};

/** The topology under way: PostgreSQL, a Redis for the cache and one for the queue, servers, workers, nginx in front. */
export type Topology = {
  /** Where nginx answers; the public address of the service. */
  readonly url: string;
  readonly adminKey: string;
  readonly metricsKey: string;
  readonly folder: string;
  /** What every process of ours is given: for a command beside them. */
  readonly env: Readonly<Record<string, string>>;
  readonly serves: readonly Program[];
  readonly workers: readonly Program[];
  /** One more worker, as an autoscaler adds one. */
  addWorker(): Promise<Program>;
  readonly postgres: Program;
  readonly cache: Program;
  readonly queue: Program;
  readonly nginx: Program;
  /** What has ended without being asked, and what each said last. */
  lost(): string[];
  /** Stops everything. */
  stop(): Promise<void>;
};

/** What has to be installed before the topology can be started here; undefined when everything is. */
export function missing(): string | undefined;

/** Starts it from dist/ on free ports of this machine. What was started is stopped again when one part does not come up. */
export function startTopology(options?: TopologyOptions): Promise<Topology>;
