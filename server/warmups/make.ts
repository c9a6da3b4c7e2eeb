import type { Warning } from '../../core/template/value.ts';
import type { Again, Job } from '../jobs/queue.ts';
import { drawEach, isOfOne, whenBusy } from '../renders/draw.ts';
import type { Services } from '../services.ts';
import { listContactsByIds } from '../stores/records/contacts.ts';
import { patiently } from '../stores/records/patiently.ts';
import {
  advanceChunk,
  changeWarmup,
  findChunk,
  listWarmupPictures,
  type WarmupPicture,
} from '../stores/records/warmups.ts';
import { callAttention, crossedLimits } from './attention.ts';
import { expectedOpen } from './expected.ts';
import { isMakeable, makeAhead, planAhead } from './picture.ts';
import { checkReadable, mendedOf, openContacts, planningWith } from './resolve.ts';
import { countFailed, failures, noteWorst, readResult, type WarmupResult, writeResult } from './result.ts';
import { findNamed } from './shown.ts';
import { endWarmup, finishPart, openRun, type WarmupRun } from './steps.ts';
import { totalsOf } from './totals.ts';
import { keptUntil } from './warmup.ts';

// Made and written down together: what is lost when the process is.
const AT_ONCE = 100;
const PIN_TRIES = 3;
// Summing up is a little work, and chunks are done in no time.
const WATCHED = 5;

/**
 * Makes the pictures of a chunk that are not there, one after the other while no recipient waits, and has the cache keep
 * them. What cannot be made is counted and stops nothing. Whoever takes it over goes on after the last ones that were
 * written down.
 */
export async function makeChunk(services: Services, job: Job<'warmup.make'>): Promise<Again | undefined> {
  const { records } = services;
  const place = { ...job.payload, phase: 'making' } as const;
  const run = await openRun(services, job, 'making');
  const chunk = run && (await findChunk(records, place));
  if (!run || !chunk || chunk.done) return undefined;
  const result = readResult(chunk);
  let { at } = chunk;
  for (;;) {
    if (job.signal.aborted) return { againIn: 0 };
    const rows = await listWarmupPictures(records, {
      ...{ warmup: place.warmup, after: at, upTo: chunk.last, limit: AT_ONCE },
    });
    const last = rows.at(-1)?.key;
    if (last === undefined) break;
    const end = await makePictures(services, run, rows, result, job.signal).catch(whenBusy);
    if ('againIn' in end) {
      await patiently(() => advanceChunk(records, { ...place, at }, { at, result: writeResult(result) }));
      await watch(services, run);
      return end;
    }
    if (end.lacking > 0) return outOfRoom(services, run, end.lacking);
    const change = { at: last, result: writeResult(result) };
    // Somebody else has the chunk, or the warm-up was cancelled.
    if (!(await patiently(() => advanceChunk(records, { ...place, at }, change)))) return undefined;
    at = last;
    if (!(await patiently(() => changeWarmup(records, place.warmup, {})))) return undefined;
  }
  if (place.chunk % WATCHED === 0) await watch(services, run);
  await finishPart(services, place);
  return undefined;
}

/** What is left of a chunk that could not be made, several times over, holds up no other. */
export async function giveUpMaking(services: Services, { payload }: Job<'warmup.make'>): Promise<void> {
  const { records } = services;
  const place = { ...payload, phase: 'making' } as const;
  const chunk = await findChunk(records, place);
  if (!chunk || chunk.done) return;
  const result = readResult(chunk);
  const left = await listWarmupPictures(records, {
    ...{ warmup: place.warmup, after: chunk.at, upTo: chunk.last, limit: 1000 },
  });
  countFailed(result, 'given_up', left.length);
  await finishPart(services, place, writeResult(result));
}

/**
 * Makes those of the pictures that are not there and has the cache keep all. Says how many bytes the cache lacks for that.
 * Throws `overloaded` when it had to wait too long; what it has made by then is counted as made ahead.
 */
export async function makePictures(
  services: Services,
  run: WarmupRun,
  rows: readonly WarmupPicture[],
  result: WarmupResult,
  signal: AbortSignal,
): Promise<{ readonly lacking: number }> {
  const { cache } = services;
  const until = keptUntil(run.warmup, Date.now());
  const first = await cache.pin(
    rows.map(({ key }) => key),
    until,
  );
  if (first.lacking > 0) return { lacking: first.lacking };
  const absent = new Set(first.missing);
  const there = rows.length - absent.size;
  const ahead = Math.min(result.ahead, there);
  let left = rows.filter(({ key }) => absent.has(key));
  const part: WarmupResult = {
    ...{ ...result, failed: { ...result.failed } },
    ...{ warm: result.warm + there - ahead, ahead: result.ahead - ahead },
  };
  for (let i = 1; left.length > 0; i++) {
    const made = new Map<string, WarmupPicture>();
    try {
      await drawAll(services, run, left, part, made, signal);
    } catch (error) {
      const { shorter, overflow, bytes } = part;
      const counts = { made: result.made + made.size, ahead: result.ahead + made.size, shorter, overflow, bytes };
      Object.assign(result, counts);
      throw error;
    }
    const pinned = await cache.pin([...made.keys()], until);
    if (pinned.lacking > 0) return { lacking: pinned.lacking };
    // A write that was late or dropped: the picture is made again.
    left = pinned.missing.flatMap((key) => made.get(key) ?? []);
    part.made += made.size - left.length;
    if (i === PIN_TRIES) countFailed(part, 'cache', left.splice(0).length);
  }
  Object.assign(result, part);
  return { lacking: 0 };
}

/** Draws pictures side by side and notes those that were made, by the key each is kept under. */
async function drawAll(
  services: Services,
  run: WarmupRun,
  rows: readonly WarmupPicture[],
  result: WarmupResult,
  made: Map<string, WarmupPicture>,
  signal: AbortSignal,
): Promise<void> {
  const { records } = services;
  const { warmup, connection } = run;
  const ids = [...new Set(rows.map(({ contact }) => contact))];
  const known = await openContacts(services, await listContactsByIds(records, warmup.workspace, ids));
  const shown = new Map((await findNamed(services, warmup.links)).map((one) => [one.name, one]));
  const planning = planningWith(services, known);

  async function draw(row: WarmupPicture): Promise<void> {
    const one = shown.get(row.link);
    const fields = known.get(`${warmup.workspace}:${row.contact}`);
    if (!one || !fields || fields === 'erased') {
      result[fields === 'erased' ? 'erased' : 'neutral']++;
      return;
    }
    const open = expectedOpen(one.link, connection, fields);
    const at = Math.max(Date.now(), warmup.sendAt ?? 0);
    const prepared = await planAhead(planning, one.link, { contact: row.contact, open, ...one.how }, at);
    checkReadable(prepared);
    if (!isMakeable(prepared)) {
      result.neutral++;
      return;
    }
    const mended = mendedOf(prepared, one.link, connection).map(({ reason }) => reason);
    const note = (why: readonly string[]) => noteWorst(result, row, [...mended, ...why]);
    if (prepared.late !== undefined) {
      countFailed(result, 'source_failed');
      return note(['source_failed']);
    }
    try {
      const { bytes, warnings, isWhole, key } = await makeAhead(services, prepared, { isForLater: true });
      countTexts(result, warnings);
      note(warnings.map(({ code }) => code));
      if (!isWhole) return countFailed(result, 'image_missing');
      result.bytes += bytes.length;
      made.set(key, row);
    } catch (error) {
      if (!isOfOne(error)) throw error;
      countFailed(result, error.code);
      note([error.code]);
    }
  }

  await drawEach(rows, signal, draw);
}

function countTexts(result: WarmupResult, warnings: readonly Warning[]): void {
  if (warnings.some(({ code }) => code === 'shorter_text')) result.shorter++;
  if (warnings.some(({ code }) => code === 'ellipsis')) result.overflow++;
}

/** Calls attention as soon as a limit is crossed, or when there is too little time left. */
async function watch(services: Services, { warmup, record }: WarmupRun): Promise<void> {
  const totals = await totalsOf(services.records, record);
  const pictures = record.pictures ?? 0;
  const causes = crossedLimits(warmup, totals, pictures);
  const done = totals.made + totals.warm + failures(totals);
  const now = Date.now();
  const spent = now - (record.making_at ?? now);
  const expectedAt = now + (done > 0 ? (spent / done) * Math.max(0, pictures - done) : 0);
  const isLate = warmup.sendAt !== null && expectedAt > warmup.sendAt;
  await callAttention(services, record, isLate ? [...causes, 'late'] : causes);
}

/** Others have pinned more meanwhile, or the pictures are larger than the sample was. */
function outOfRoom(services: Services, { record }: WarmupRun, lacking: number): Promise<undefined> {
  const mb = Math.ceil(lacking / 1024 / 1024);
  const error = `The cache lacks room for ${mb} MB and more of pictures that have to be kept: raise MERGEPIX_CACHE_MB, or take a smaller format or scale for the links, and order the warm-up again.`;
  return endWarmup(services, record, { state: 'refused', error });
}
