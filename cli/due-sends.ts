import { setTimeout as pause } from 'node:timers/promises';
import type { Services } from '../server/services.ts';
import { listWorkspaceSends } from '../server/stores/records/sends.ts';
import { findWarmup } from '../server/stores/records/warmups.ts';
import { readWarmup } from '../server/warmups/warmup.ts';

/** A planned campaign and how its warm-up stands; null when it shows nothing of ours. */
export type DueSend = {
  readonly connection: string;
  readonly send: string;
  readonly links: readonly string[];
  readonly notes: readonly string[];
  readonly warmup: { readonly id: string; readonly state: string; readonly startAt: string | null } | null;
  readonly attention: readonly string[];
};

const LOOK_MS = 250;

/**
 * Looks at the planned campaigns of every connection and works until no warm-up whose time has come is left, as a service does
 * by itself. Gives the campaigns of a workspace.
 */
export async function warmDue(services: Services, workspace: string): Promise<DueSend[]> {
  const { jobs } = services;
  // Loaded when it is needed, as the rest of the service is.
  const { startJobs } = await import('../server/jobs/index.ts');
  const { queueAllLooks } = await import('../server/warmups/schedule.ts');
  const warmups = ['warmup.list', 'warmup.resolve', 'warmup.check', 'warmup.make', 'warmup.report'] as const;
  const kinds = ['sends.look', 'connection.write', ...warmups] as const;
  await queueAllLooks(services, Date.now());
  const working = startJobs(services, { kinds });
  try {
    for (;;) {
      const stats = await jobs.stats();
      const isBusy = stats.some(({ kind, due, running }) => kinds.some((each) => each === kind) && due + running > 0);
      const sends = await listDueSends(services, workspace);
      // Between two parts of its work, one may wait for its platform.
      if (!isBusy && !sends.some(isUnderWay)) return sends;
      await pause(LOOK_MS);
    }
  } finally {
    await working.close();
  }
}

const isUnderWay = ({ warmup }: DueSend): boolean =>
  warmup?.state === 'running' || (warmup?.state === 'queued' && Date.parse(warmup.startAt ?? '') <= Date.now());

async function listDueSends({ records }: Pick<Services, 'records'>, workspace: string): Promise<DueSend[]> {
  const sends = await listWorkspaceSends(records, workspace);
  return Promise.all(
    sends.map(async ({ connection, send, links, notes, warmup: id, start_at }) => {
      const record = id === null ? undefined : await findWarmup(records, workspace, id);
      const startAt = start_at === null ? null : new Date(start_at).toISOString();
      return {
        ...{ connection, send, links: JSON.parse(links) as string[], notes: JSON.parse(notes) as string[] },
        warmup: record ? { id: record.id, state: record.state, startAt } : null,
        attention: record ? readWarmup(record).attention : [],
      };
    }),
  );
}

/** One line for each. */
export const readableSends = (sends: readonly DueSend[]): string =>
  sends.length === 0
    ? 'no campaign is planned for the next 24 hours'
    : sends
        .map(({ connection, send, links, warmup, attention }) => {
          const begin = warmup?.state === 'queued' ? 'begins' : 'begun';
          const state = warmup ? `${warmup.state}, ${begin} ${warmup.startAt}` : 'nothing to be made';
          const told = attention.length > 0 ? `attention: ${attention.join(', ')}` : '';
          const shown = `${links.length} ${links.length === 1 ? 'link' : 'links'}`;
          return [connection, send, shown, state, told].filter((part) => part !== '').join('  ');
        })
        .join('\n');
