import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';
import { places } from '../core/node/places.ts';
import type { RenderPool } from '../core/node/pool.ts';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { type Welcome, welcome } from './first-run.ts';
import { createImageEndpoint, type ImageEndpoint } from './image/endpoint.ts';
import { answerRawRequest } from './image/raw-request.ts';
import { startJobs } from './jobs/index.ts';
import type { Log } from './observe/log.ts';
import { startSweeping } from './retention/sweep.ts';
import { openServices, type Services } from './services.ts';
import { startScheduling } from './syncs/schedule.ts';
import { loadSamples } from './templates/samples.ts';

/** A running service. */
export type RunningServer = {
  /** Where it listens on this machine. */
  readonly url: string;
  readonly services: Services;
  /** What to try first; undefined without samples. */
  readonly welcome: Welcome | undefined;
  /** Readiness fails at once, what is under way is finished, then everything is closed; at most 20 seconds. */
  close(): Promise<void>;
};

/** Where the log goes (standard output by default), and the folder of samples to publish (those of the product). */
export type StartOptions = { readonly log?: Log; readonly samples?: string };

const FINISH_MS = 15_000;
const SWEEP_MS = 50;
const WELCOME_SAMPLE = 'summer-rewards-hero';

/** Runs the service over render processes that are starting already; see `startServer`. */
export async function runServer(config: Config, pool: RenderPool, options: StartOptions): Promise<RunningServer> {
  const opened = await openServices(config, { ...options, pool });
  // Longer than proxies keep a connection they do not use (nginx: 60 s): one that we close just as it is used is an error.
  const server = createServer({ keepAliveTimeout: 75_000 });
  let isRunning = false;
  try {
    const port = await listen(server, config);
    const services: Services = { ...opened, publicUrl: config.publicUrl ?? `http://localhost:${port}` };
    const endpoint = createImageEndpoint(services);
    server.on('request', createApp(services, { endpoint, version: readVersion(), isRunning: () => isRunning }));
    answerBrokenRequests(server, endpoint);
    isRunning = true;
    const samples = await loadSamples(services, options.samples ?? places.samples);
    const shown = samples.find((name) => name === WELCOME_SAMPLE) ?? samples[0];
    const shownFirst = shown === undefined ? undefined : await welcome(services, shown);
    const jobs = startJobs(services);
    const sweeping = startSweeping(services);
    const scheduling = startScheduling(services);
    services.log.info('started', { port });
    return {
      url: `http://${config.host ?? 'localhost'}:${port}`,
      services,
      welcome: shownFirst,
      async close() {
        isRunning = false;
        await Promise.all([stop(server), jobs.close(), sweeping.close(), scheduling.close()]);
        await services.close();
        services.log.info('stopped');
      },
    };
  } catch (error) {
    server.close();
    await opened.close();
    throw error;
  }
}

async function listen(server: Server, { port, host }: Config): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: `Port ${port} is in use: stop what uses it, or set MERGEPIX_PORT to another one.`,
        EACCES: `Port ${port} needs more rights: set MERGEPIX_PORT to one above 1023.`,
        EADDRNOTAVAIL: `This machine has no address ${host}: check MERGEPIX_HOST.`,
      };
      const message =
        reasons[cause.code ?? ''] ??
        `The service cannot listen on port ${port}: check MERGEPIX_PORT and MERGEPIX_HOST.`;
      reject(new AppError('start_failed', message, { cause }));
    });
    server.listen({ port, ...(host !== undefined && { host }) }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

function answerBrokenRequests(server: Server, endpoint: ImageEndpoint): void {
  server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket) => {
    answerRawRequest(endpoint, error, socket).catch(() => socket.destroy());
  });
}

/** Lets requests under way finish, then ends what is still connected. */
async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection becomes idle when its last answer is out; waiting for its client to hang up would take seconds.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const timer = setTimeout(() => server.closeAllConnections(), FINISH_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(timer);
}

const readVersion = (): string =>
  (JSON.parse(readFileSync(join(places.root, 'package.json'), 'utf8')) as { version: string }).version;
