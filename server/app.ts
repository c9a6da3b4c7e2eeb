import type { RequestListener } from 'node:http';
import express, { type RequestHandler } from 'express';
import { AppError } from '../core/errors.ts';
import { allowOrigins } from './api/cors.ts';
import { routeDocuments } from './api/docs.ts';
import { routeHealth } from './api/health.ts';
import { apiOperations } from './api/index.ts';
import { routeMetrics } from './api/metrics.ts';
import { describeApi } from './api/openapi.ts';
import { answerProblems } from './api/problems.ts';
import { routeOperations } from './api/router.ts';
import { routeCallback } from './connections/callback.ts';
import { routeWebhooks } from './connections/webhook.ts';
import type { ImageEndpoint } from './image/endpoint.ts';
import { handleImage } from './image/handler.ts';
import type { Services } from './services.ts';
import { routeShare } from './share/route.ts';
import { routeStudioAssets } from './studio/assets.ts';
import { routeStudioPages } from './studio/pages.ts';
import { routeSignIn } from './studio/sign-in.ts';

/** What the app is told by whoever runs it. */
export type AppOptions = {
  readonly endpoint: ImageEndpoint;
  readonly version: string /** Started in full, and not about to stop. */;
  isRunning(): boolean;
};

// How proxies ask: with the whole address in the request line.
const ABSOLUTE = /^https?:\/\/[^/?#]*(\/i\/.*)$/i;

/** The HTTP app: pictures first, for they are nearly all of the traffic, then health, documents and the API. */
export function createApp(services: Services, { endpoint, version, isRunning }: AppOptions): RequestListener {
  const operations = apiOperations(services);
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(safeHeaders, logRequests(services));
  app.use(routeHealth(services, isRunning));
  app.use(routeMetrics(services));
  app.use(routeShare(services));
  app.use(routeStudioAssets(), routeSignIn(services), routeStudioPages());
  app.use(routeWebhooks(services));
  app.use(routeCallback(services));
  app.use(routeDocuments(() => describeApi(operations, services.publicUrl, version)));
  app.use(allowOrigins(services.config.corsOrigins), routeOperations(operations, services));
  app.use(() => {
    throw new AppError('not_found', 'There is nothing at this path: the API is described at /docs.');
  });
  app.use(answerProblems(services.log));
  // Pictures need nothing of what Express does for each request, which is half of what a hit would cost.
  return (request, response) => {
    const { url = '/' } = request;
    const target = url.startsWith('/i/') ? url : ABSOLUTE.exec(url)?.[1];
    if (target === undefined) app(request, response);
    else handleImage(endpoint, request, response, target);
  };
}

const safeHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  });
  next();
};

/** One line per request of the API: its route's pattern, never its path. */
function logRequests({ log }: Services): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    response.on('finish', () => {
      const { route, actor, code } = response.locals;
      if (route === undefined && response.statusCode < 400) return;
      log.info('request', {
        method: request.method,
        route,
        status: response.statusCode,
        ms: Math.round(performance.now() - startedAt),
        actor: actor?.id,
        workspace: actor?.workspace,
        code,
      });
    });
    next();
  };
}
