import { Router } from 'express';
import { sql } from 'kysely';
import { isLate, within } from '../deadline.ts';
import type { Services } from '../services.ts';

const READY_MS = 1000;

/**
 * `/healthz`: this process is alive, nothing else is asked. `/readyz`: it may be sent requests, because the records
 * answer, there are processes to draw with, and it has started and is not about to stop.
 */
export function routeHealth({ records, pool }: Pick<Services, 'records' | 'pool'>, isRunning: () => boolean): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  router.get('/readyz', async (_request, response) => {
    const answered = await within(sql`select 1`.execute(records), READY_MS).catch(() => undefined);
    const checks = {
      running: isRunning(),
      records: answered !== undefined && !isLate(answered),
      renderers: pool.stats().pids.length > 0,
    };
    const isReady = Object.values(checks).every(Boolean);
    response.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'not ready', checks });
  });
  return router;
}
