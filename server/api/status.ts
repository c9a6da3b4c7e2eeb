import { z } from 'zod';
import { answerOf, askCache, askQueue, askRecords } from '../observe/health.ts';
import type { Services } from '../services.ts';
import { countWaiting } from '../stores/records/jobs.ts';
import { type Operation, operation } from './operation.ts';

const up = z.boolean();

const health = z
  .object({
    records: up.meta({ description: 'Whether the records answer within half a second.' }),
    cache: up,
    queue: up.meta({ description: 'Whether what brings jobs to workers answers.' }),
    renderers: z.number().meta({ description: 'Render processes of the process that was asked.' }),
    jobs: z
      .object({
        waiting: z.number(),
        oldestSeconds: z.number().meta({ description: 'For how long the first of them has been due.' }),
      })
      .nullable()
      .meta({ description: 'Of the workspace; null while the records do not answer.' }),
  })
  .meta({ id: 'Health', description: 'Whether what the service is made of answers.' });

/** How the service does, for those who look at it in a page. */
export const statusOperations = (services: Services): Operation[] => {
  const { records, pool, events } = services;
  return [
    operation({
      id: 'readHealth',
      scope: 'figures:read',
      method: 'get',
      path: '/v1/health',
      tag: 'Figures',
      summary: 'Whether stores, queue and render processes answer',
      answer: health,
      refuses: [],
      async run({ actor: { workspace } }) {
        const now = Date.now();
        const [answered, cache, queue, jobs] = await Promise.all([
          askRecords(services.records),
          askCache(services.cache),
          askQueue(services.jobs),
          answerOf(countWaiting(records, workspace, now)),
        ]);
        return {
          records: answered !== undefined,
          cache: cache !== undefined,
          queue: queue !== undefined,
          renderers: pool.stats().pids.length,
          jobs: jobs
            ? { waiting: jobs.waiting, oldestSeconds: jobs.first === null ? 0 : Math.round((now - jobs.first) / 1000) }
            : null,
        };
      },
    }),
    operation({
      id: 'listenToEvents',
      scope: 'figures:read',
      method: 'get',
      path: '/v1/events',
      tag: 'Figures',
      summary: 'Hear at once what has changed, as server-sent events: what it is now has to be asked for',
      answer: { mediaTypes: ['text/event-stream'], isEndless: true },
      refuses: ['overloaded'],
      async run({ actor, setHeader }) {
        // nginx would keep what is said until there is a page of it.
        setHeader('X-Accel-Buffering', 'no');
        return { mime: 'text/event-stream', bytes: events.listen(actor) };
      },
    }),
  ];
};
