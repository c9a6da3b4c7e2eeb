import type { Again, Job } from '../jobs/queue.ts';
import type { Services } from '../services.ts';
import { findWarmup, findWarmupOfSend, type WarmupRecord } from '../stores/records/warmups.ts';
import { toldOf } from './steps.ts';
import { totalsOf } from './totals.ts';

const RUNNING_MS = 2000;
const QUEUED_MS = 20_000;
const SOON_MS = 60_000;

/**
 * Tells the address that came with an order of the end of its warm-up, however it ends. Where another one has taken its
 * place for the same send, of the end of that.
 */
export async function tellWarmup(
  services: Services,
  { workspace, payload }: Job<'warmup.tell'>,
): Promise<Again | undefined> {
  const { records, hooks } = services;
  const ordered = await findWarmup(records, workspace, payload.warmup);
  if (!ordered) return undefined;
  const record = (await successorOf(services, ordered)) ?? ordered;
  // One that begins at once is running by the next look; one that is planned may wait for a day.
  if (record.state === 'queued') return { againIn: Date.now() - record.created_at < SOON_MS ? RUNNING_MS : QUEUED_MS };
  if (record.state === 'running') return { againIn: RUNNING_MS };
  const data = toldOf(record, await totalsOf(records, record));
  await hooks.emit(workspace, 'warmup.finished', data, { callback: payload.callback, only: null });
  return undefined;
}

async function successorOf(
  { records }: Pick<Services, 'records'>,
  { state, send, ...record }: WarmupRecord,
): Promise<WarmupRecord | undefined> {
  if (state !== 'cancelled' || send === null) return undefined;
  const last = await findWarmupOfSend(records, { ...record, send });
  return last && last.id > record.id ? last : undefined;
}
