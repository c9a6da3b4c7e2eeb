import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import { imageRefs } from '../../core/template/assets.ts';
import type { Connection } from '../connections/connection.ts';
import { type KnownContact, readKnownContact } from '../contacts/contact.ts';
import { liveAt } from '../image/live.ts';
import type { Prepared } from '../image/prepare.ts';
import type { Again, Job } from '../jobs/queue.ts';
import type { Link } from '../links/link.ts';
import { whenBusy } from '../renders/draw.ts';
import type { Services } from '../services.ts';
import type { ContactRecord } from '../stores/records/contacts.ts';
import { patiently } from '../stores/records/patiently.ts';
import { addWarmupPictures, findChunk, listChunkContacts, type WarmupPicture } from '../stores/records/warmups.ts';
import { createAssetCheck } from './assets.ts';
import { expectedOpen, isNobodys } from './expected.ts';
import { isMakeable, type PlanningAhead, planAhead } from './picture.ts';
import { countFailed, countField, emptyResult, noteWorst, type WarmupResult, writeResult } from './result.ts';
import { findNamed, type Shown } from './shown.ts';
import { finishPart, openRun, type WarmupRun } from './steps.ts';

// Planning a picture takes some tens of microseconds: recipients come between.
const PLANNED_AT_ONCE = 10;
const ROWS_AT_ONCE = 100;

/** Somebody's picture that is to be made once it is known what its own pictures show. */
type Waiting = {
  readonly one: Shown;
  readonly contact: string;
  readonly refs: readonly string[];
  readonly prepared: Prepared;
};

/** Finds out which pictures the contacts of a chunk are going to ask for, each once, and what is wrong with their fields. */
export async function resolveChunk(services: Services, job: Job<'warmup.resolve'>): Promise<Again | undefined> {
  const { records } = services;
  const place = { ...job.payload, phase: 'resolving' } as const;
  const run = await openRun(services, job, 'listing', 'resolving');
  const chunk = run && (await findChunk(records, place));
  if (!run || !chunk || chunk.done) return undefined;
  const contacts = await listChunkContacts(records, place);
  const resolved = await resolveContacts(services, run, contacts, job.signal).catch(whenBusy);
  if ('againIn' in resolved) return resolved;
  const { result, pictures } = resolved;
  for (let at = 0; at < pictures.length; at += ROWS_AT_ONCE) {
    await patiently(() => addWarmupPictures(records, place.warmup, pictures.slice(at, at + ROWS_AT_ONCE)));
    await turn();
  }
  await finishPart(services, place, writeResult(result));
  return undefined;
}

/** A chunk that could not be looked at, several times over, holds up no other: its contacts count as failed. */
export async function giveUpResolving(services: Services, { payload }: Job<'warmup.resolve'>): Promise<void> {
  const place = { ...payload, phase: 'resolving' } as const;
  const result = emptyResult();
  const contacts = await listChunkContacts(services.records, place);
  result.contacts = contacts.length;
  countFailed(result, 'unresolved', contacts.length);
  await finishPart(services, place, writeResult(result));
}

async function resolveContacts(
  services: Services,
  run: WarmupRun,
  contacts: readonly ContactRecord[],
  signal: AbortSignal,
): Promise<{ result: WarmupResult; pictures: WarmupPicture[] }> {
  const { warmup, connection } = run;
  const result = emptyResult();
  const pictures = new Map<string, WarmupPicture>();
  const shown = await findNamed(services, warmup.links);
  const known = await openContacts(services, contacts);
  const planning = planningWith(services, known);
  const plan = ({ link, how }: Shown, contact: string, at: number) => {
    const fields = known.get(keyOf(warmup.workspace, contact));
    const open = typeof fields === 'object' ? expectedOpen(link, connection, fields) : {};
    return planAhead(planning, link, { contact, open, ...how }, at);
  };
  const keep = (key: string, { name }: Shown, contact: string) => {
    if (!pictures.has(key)) pictures.set(key, { key, link: name, contact });
  };
  const waiting: Waiting[] = [];
  for (const [i, { id: contact, erased_at }] of contacts.entries()) {
    if (i % PLANNED_AT_ONCE === 0) await turn();
    signal.throwIfAborted();
    if (erased_at !== null) {
      result.erased++;
      continue;
    }
    result.contacts++;
    const at = Math.max(Date.now(), warmup.sendAt ?? 0);
    for (const one of shown) {
      const prepared = await plan(one, contact, at);
      checkReadable(prepared);
      if (!isMakeable(prepared) || prepared.reason !== undefined) {
        result.neutral++;
        continue;
      }
      const mended = mendedOf(prepared, one.link, connection);
      if (one.isFirst) for (const { field, reason } of mended) countField(result.fields, one.link.id, field, reason);
      noteWorst(
        result,
        { link: one.name, contact },
        mended.map(({ reason }) => reason),
      );
      if (isOfItsMoment(prepared, at)) {
        result.live++;
        continue;
      }
      const { published, values } = prepared.drawing;
      const refs = imageRefs(published.template, values).filter((ref) => !ref.startsWith('asset:'));
      if (refs.length === 0) keep(prepared.key, one, contact);
      else waiting.push({ one, contact, refs, prepared });
    }
  }
  const check = createAssetCheck(services.images, signal);
  const without = new Set<string>();
  await check.all(waiting.map(({ prepared, refs }) => ({ drawing: prepared.drawing, refs })));
  for (const [i, { one, contact, refs }] of waiting.entries()) {
    if (i % PLANNED_AT_ONCE === 0) await turn();
    const missing = refs.filter(check.isDead);
    if (missing.length > 0) {
      without.add(contact);
      result.dead = [...new Set([...result.dead, ...missing.map(digestOf)])];
      countFailed(result, 'image_missing');
      noteWorst(result, { link: one.name, contact }, ['image_missing']);
      continue;
    }
    // Now that it is known what is behind them, the key is the one that its picture will have.
    const prepared = await plan(one, contact, Math.max(Date.now(), warmup.sendAt ?? 0));
    if (isMakeable(prepared)) keep(prepared.key, one, contact);
  }
  result.deadContacts = without.size;
  return { result, pictures: [...pictures.values()] };
}

/** What was mended in somebody's picture, but for blanks where no contact of the connection can have a value: they tell nothing of this one. */
export const mendedOf = ({ mended = [] }: Prepared, link: Link, connection: Connection | undefined) =>
  mended.filter(({ field, reason }) => {
    const [name = field] = field.split('.');
    return reason !== 'blank' || !connection || !isNobodys(link, connection, name);
  });

const digestOf = (address: string): string => createHash('sha256').update(address).digest('base64url').slice(0, 16);

const keyOf = (workspace: string, contact: string): string => `${workspace}:${contact}`;

/** What is known of contacts, by `workspace:id`. */
export async function openContacts(
  { encryption }: Pick<Services, 'encryption'>,
  contacts: readonly ContactRecord[],
): Promise<Map<string, KnownContact>> {
  const known = new Map<string, KnownContact>();
  for (const [i, record] of contacts.entries()) {
    if (i % ROWS_AT_ONCE === 0) await turn();
    known.set(keyOf(record.workspace, record.id), readKnownContact(encryption, record));
  }
  return known;
}

/** The parts of planning, with contacts that are at hand. */
export const planningWith = (services: Services, known: ReadonlyMap<string, KnownContact>): PlanningAhead => ({
  ...services,
  contacts: { get: async (key) => known.get(key) },
});

/** Throws `overloaded` for a plan that could not be made just now. */
export function checkReadable({ reason, key, drawing }: Prepared): void {
  if (reason !== 'unavailable' && reason !== 'contact-unreadable' && !(drawing && key === undefined)) return;
  throw new AppError('overloaded', 'What a picture is made of could not be read in time: it is tried again.');
}

/** What a live picture's sources say is only known at its own time. */
function isOfItsMoment({ drawing }: Prepared, at: number): boolean {
  if (drawing?.published.template.freshness.mode !== 'live') return false;
  return (
    drawing.published.compiled.drawnSources.length > 0 &&
    liveAt(drawing, at).live?.now !== liveAt(drawing, Date.now()).live?.now
  );
}
