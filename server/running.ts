import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { places } from '../core/node/places.ts';
import type { RenderPool } from '../core/node/pool.ts';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { type Welcome, welcome } from './first-run.ts';
import { createImageEndpoint, type ImageEndpoint } from './image/endpoint.ts';
import { answerRawRequest } from './image/raw-request.ts';
import { startApart } from './jobs/apart.ts';
import { startJobs } from './jobs/index.ts';
import { listen, stopListening } from './listening.ts';
import type { Log } from './observe/log.ts';
import { startSweeping } from './retention/sweep.ts';
import { openServices, type Services } from './services.ts';
import { isOwnCache } from './stores/url.ts';
import { startScheduling } from './syncs/schedule.ts';
import { isPassing } from './templates/freeze.ts';
import { loadSamples } from './templates/samples.ts';
import { startPlanning } from './warmups/schedule.ts';

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
    const samples = await loadSamples(services, options.samples ?? places.samples);
    const shown = samples.find((name) => name === WELCOME_SAMPLE) ?? samples[0];
    const shownFirst = shown === undefined ? undefined : await welcome(services, shown).catch(onlyPassing);
    const apart = worksApart(config) ? startApart(services) : undefined;
    const jobs = config.jobs === 'off' ? undefined : startJobs(services, { leaves: apart?.leaves });
    const sweeping = startSweeping(services);
    const scheduling = startScheduling(services);
    const looking = startPlanning(services);
    isRunning = true;
    services.log.info('started', { port });
    return {
      url: `http://${config.host ?? 'localhost'}:${port}`,
      services,
      welcome: shownFirst,
      async close() {
        isRunning = false;
        // Nobody would hang up by themselves.
        services.events.close();
        await Promise.all([
          stopListening(server),
          jobs?.close(),
          apart?.close(),
          sweeping.close(),
          scheduling.close(),
          looking.close(),
        ]);
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

/** Another process takes jobs from the records, and puts pictures where this one finds them. */
const worksApart = (config: Config): boolean =>
  config.jobs === 'on' && config.queue === 'embedded' && !isOwnCache(config.cache);

/** A machine that is too busy to draw what a newcomer looks at can serve all the same. */
function onlyPassing(error: unknown): undefined {
  if (!isPassing(error)) throw error;
}

function answerBrokenRequests(server: Server, endpoint: ImageEndpoint): void {
  server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket) => {
    answerRawRequest(endpoint, error, socket).catch(() => socket.destroy());
  });
}

const readVersion = (): string =>
  (JSON.parse(readFileSync(join(places.root, 'package.json'), 'utf8')) as { version: string }).version;
