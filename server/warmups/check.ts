import type { Again } from '../jobs/queue.ts';
import { whenBusy } from '../renders/draw.ts';
import type { Services } from '../services.ts';
import { ENTRY_BYTES, pinnable, TAG_BYTES } from '../stores/cache/store.ts';
import { patiently } from '../stores/records/patiently.ts';
import {
  addChunk,
  changeWarmup,
  countWarmupPictures,
  findKeyAfter,
  sampleWarmupPictures,
  type WarmupRecord,
} from '../stores/records/warmups.ts';
import { callAttention, crossedLimits } from './attention.ts';
import { makePictures } from './make.ts';
import { emptyResult, failures, type WarmupResult, writeResult } from './result.ts';
import { type Full, findFull } from './room.ts';
import { unmappedFields } from './show.ts';
import { endWarmup, goOn, openRun, type WarmupJob, type WarmupRun } from './steps.ts';
import { totalsOf, type WarmupTotals } from './totals.ts';
import { keptUntil } from './warmup.ts';

const DRAWN = 8;
/** How many pictures a chunk has: slow ones keep no worker busy for long after the others are done. */
const CHUNK = 100;
const CHUNKS_AT_ONCE = 20;
// A disk gives whole pages of this many bytes.
const PAGE_BYTES = 4096;
const TAGS = 4;
const MB = 1024 * 1024;

/**
 * Once it is known which pictures there will be: tells what is wrong with the contacts, makes a few pictures to see how
 * large they are and how long the others will take, and ends the warm-up where the cache has no room for all.
 */
export async function checkWarmup(services: Services, job: WarmupJob): Promise<Again | undefined> {
  const { records } = services;
  const run = await openRun(services, job, 'checking', 'making');
  if (!run) return undefined;
  const { record, warmup } = run;
  // A process that was lost had begun to share the work out.
  if (record.phase === 'making') return shareOut(services, record);
  const toMake = await countWarmupPictures(records, record.id);
  const totals = await totalsOf(records, record);
  // Those that cannot be made, as it is known by now, are pictures, too.
  const pictures = toMake + failures(totals);
  await changeWarmup(records, record.id, { pictures });
  const unmapped = await unmappedFields(services, record);
  const causes = [...(unmapped.length > 0 ? (['unmapped'] as const) : []), ...crossedLimits(warmup, totals, pictures)];
  await callAttention(services, record, causes);
  const sample = await drawSample(services, run, job.signal).catch(whenBusy);
  if ('againIn' in sample) return sample;
  if (sample.lacking > 0 || sample.bytes * toMake > 0) {
    const wanted = Math.max(sample.lacking, Math.ceil(sample.bytes * sample.missing * toMake));
    const full = await findFull(services.cache, wanted);
    if (full) return refuse(services, record, full, { ...totals, wanted });
  }
  const now = Date.now();
  const expected_at = now + Math.ceil(sample.ms * sample.missing * toMake);
  const chunks = Math.ceil(toMake / CHUNK);
  const change = { phase: 'making', left: chunks, expected_at, making_at: now, error: null } as const;
  if (!(await patiently(() => changeWarmup(records, record.id, change, 'checking')))) return undefined;
  if (warmup.sendAt !== null && expected_at > warmup.sendAt) await callAttention(services, record, ['late']);
  // All of the sample is met again: what was there or could not be made is counted then.
  const { made } = sample.result;
  return shareOut(services, { ...record, ...change }, { ...sample.result, warm: 0, failed: {}, ahead: made });
}

type Sample = {
  /** The share of pictures that are not there yet. */
  readonly missing: number;
  /** What one takes in the cache, and how long it takes to make. */
  readonly bytes: number;
  readonly ms: number;
  /** Bytes that the cache has too little for the sample alone. */
  readonly lacking: number;
  /** What came of those that were made: the first chunk will find them there. */
  readonly result: WarmupResult;
};

async function drawSample(services: Services, run: WarmupRun, signal: AbortSignal): Promise<Sample> {
  const { records, cache } = services;
  const { warmup } = run;
  const some = await sampleWarmupPictures(records, warmup.id);
  const result = emptyResult();
  const nothing = { missing: 0, bytes: 0, ms: 0, lacking: 0, result };
  if (some.length === 0) return nothing;
  const keys = some.map(({ key }) => key);
  const { missing, lacking } = await cache.pin(keys, keptUntil(warmup, Date.now()));
  if (lacking > 0) return { ...nothing, lacking };
  const absent = new Set(missing);
  const drawn = some.filter(({ key }) => absent.has(key)).slice(0, DRAWN);
  const startedAt = performance.now();
  await makePictures(services, run, drawn, result, signal);
  const count = Math.max(1, result.made);
  const bytes = Math.ceil((result.bytes / count + 16) / PAGE_BYTES) * PAGE_BYTES + ENTRY_BYTES + TAGS * TAG_BYTES;
  const ms = (performance.now() - startedAt) / Math.max(1, drawn.length);
  return { missing: missing.length / keys.length, bytes: result.made > 0 ? bytes : 0, ms, lacking: 0, result };
}

function refuse(
  services: Services,
  record: WarmupRecord,
  { pinnedBytes, maxBytes }: Full,
  totals: WarmupTotals,
): Promise<undefined> {
  const { wanted } = totals;
  const inMb = (bytes: number) => Math.ceil(bytes / MB);
  const room = Math.max(0, Math.floor((pinnable(maxBytes) - pinnedBytes) / MB));
  // A sample is not the whole: somewhat more than it says.
  const needed = inMb(((pinnedBytes + wanted) / pinnable(MB)) * MB * 1.1);
  const error = `The pictures take about ${inMb(wanted)} MB and the cache has room to keep ${room} MB: set MERGEPIX_CACHE_MB to ${needed} or more, or take a smaller format or scale for the links.`;
  return endWarmup(services, record, { state: 'refused', error, totals });
}

/** Shares the pictures out to chunks of their keys; doing it again adds those that lack. */
async function shareOut(services: Services, record: WarmupRecord, first = emptyResult()): Promise<undefined> {
  const { records, jobs } = services;
  const { id: warmup, workspace } = record;
  const chunks: { at: string; last: string }[] = [];
  for (let at = ''; ; ) {
    const last = await findKeyAfter(records, warmup, at, CHUNK);
    if (last === undefined) break;
    chunks.push({ at, last });
    at = last;
  }
  for (let from = 0; from < chunks.length; from += CHUNKS_AT_ONCE) {
    await patiently(() =>
      records.transaction().execute(async (db) => {
        for (const [i, range] of chunks.slice(from, from + CHUNKS_AT_ONCE).entries()) {
          const chunk = from + i;
          const result = writeResult(chunk === 0 ? first : emptyResult());
          if (await addChunk(db, { warmup, phase: 'making', chunk, ...range, result }))
            await jobs.add('warmup.make', { workspace, payload: { warmup, chunk } }, db);
        }
      }),
    );
  }
  if (chunks.length === 0)
    await patiently(() => records.transaction().execute((db) => goOn(services, db, { ...record, left: 0 })));
  return undefined;
}
