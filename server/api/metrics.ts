import { timingSafeEqual } from 'node:crypto';
import { Router } from 'express';
import { AppError } from '../../core/errors.ts';
import { digestOf } from '../access/api-keys.ts';
import { createGauges } from '../observe/gauges.ts';
import type { Services } from '../services.ts';

/** `/metrics`, as Prometheus reads it, for the metrics key or the installation's admin key. */
export function routeMetrics(services: Services): Router {
  const { config, observed, access } = services;
  const gauges = createGauges(services);
  const expected = config.metricsKey === undefined ? undefined : Buffer.from(digestOf(`Bearer ${config.metricsKey}`));
  const router = Router();
  router.get('/metrics', async (request, response) => {
    const given = Buffer.from(digestOf(request.headers.authorization ?? ''));
    if (!expected || !timingSafeEqual(given, expected)) {
      const { isOperator } = await access.authenticate(request);
      if (!isOperator)
        throw new AppError('forbidden', 'Send the metrics key or the admin key: figures are of all workspaces.');
    }
    await gauges.collect();
    const { registry, print } = observed.metrics;
    response.set('Content-Type', registry.contentType).send(await print());
  });
  return router;
}
