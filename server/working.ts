import { createServer } from 'node:http';
import express from 'express';
import { AppError } from '../core/errors.ts';
import type { RenderPool } from '../core/node/pool.ts';
import { routeHealth } from './api/health.ts';
import { routeMetrics } from './api/metrics.ts';
import { answerProblems } from './api/problems.ts';
import type { Config } from './config.ts';
import { jobTypes, startJobs } from './jobs/index.ts';
import type { JobKind } from './jobs/kinds.ts';
import { listen, stopListening } from './listening.ts';
import type { Log } from './observe/log.ts';
import { openServices, type Services } from './services.ts';
import { isOwnCache } from './stores/url.ts';

/** Where the log goes, and the workspaces whose jobs it does; those of all when absent. */
export type WorkerOptions = { readonly log?: Log; readonly workspaces?: readonly string[] | undefined };

/** A running worker. */
export type RunningWorker = {
  /** Where it tells of its health and figures on this machine. */
  readonly url: string;
  readonly services: Services;
  /** Readiness fails at once, jobs under way get some seconds, the others are handed back; at most 20 seconds. */
  close(): Promise<void>;
};

/** Works off the queue over render processes that are starting already; see `startWorker`. */
export async function runWorker(config: Config, pool: RenderPool, options: WorkerOptions): Promise<RunningWorker> {
  const { workspaces, ...rest } = options;
  const opened = await openServices(config, { ...rest, pool });
  const app = express();
  const server = createServer(app);
  let isRunning = false;
  try {
    for (const id of workspaces ?? []) {
      if (!(await opened.workspaces.get(id)))
        throw new AppError('start_failed', `There is no workspace ${id}: check --workspace.`);
    }
    const port = await listen(server, config);
    const services: Services = { ...opened, publicUrl: config.publicUrl ?? `http://localhost:${port}` };
    app.disable('x-powered-by').disable('etag');
    app.use(routeHealth(services, () => isRunning));
    app.use(routeMetrics(services));
    app.use(() => {
      throw new AppError('not_found', 'A worker tells of /healthz, /readyz and /metrics only.');
    });
    app.use(answerProblems(services.log));
    const kinds = (Object.keys(jobTypes) as JobKind[]).filter((kind) => !isAhead(kind) || !isOwnCache(config.cache));
    const jobs = startJobs(services, { workspaces, kinds });
    isRunning = true;
    services.log.info('started', { port, operation: 'worker' });
    return {
      url: `http://${config.host ?? 'localhost'}:${port}`,
      services,
      async close() {
        isRunning = false;
        await jobs.close();
        await stopListening(server);
        await services.close();
        services.log.info('stopped', { operation: 'worker' });
      },
    };
  } catch (error) {
    server.close();
    await opened.close();
    throw error;
  }
}

// What a worker put into its own memory nobody would find: the service makes it for itself.
const isAhead = (kind: JobKind): boolean => kind === 'warmup.check' || kind === 'warmup.make';
