import { signReference } from '../../core/links/reference.ts';
import { signToken } from '../../core/links/token.ts';
import { buildImagePath } from '../../core/links/url.ts';
import { outputs } from '../../core/template/output.ts';
import { readConnection } from '../connections/connection.ts';
import { whichOf } from '../links/link.ts';
import type { Services } from '../services.ts';
import { findConnection } from '../stores/records/connections.ts';
import { listContactsByIds } from '../stores/records/contacts.ts';
import { sumServed, type WarmupRecord } from '../stores/records/warmups.ts';
import { expectedOpen, isUndecided } from './expected.ts';
import { openContacts } from './resolve.ts';
import { failures, type WorstPicture } from './result.ts';
import { findNamed, readShown, type Shown } from './shown.ts';
import type { WarmupTotals } from './totals.ts';
import { readWarmup } from './warmup.ts';

const HOUR_MS = 3_600_000;

/** How the pictures of a send were answered: all requests, and those from the cache. */
export type Served = { readonly requests: number; readonly hits: number; readonly share: number };

/** When a warm-up is going to be finished, in ms since 1970, as far as that can be told; null when it cannot. */
export function expectedEnd(record: WarmupRecord, totals: WarmupTotals, now: number): number | null {
  const { state, making_at, expected_at, pictures } = record;
  if (state !== 'running' || making_at === null || pictures === null) return expected_at;
  const done = totals.made + totals.warm + failures(totals);
  return done === 0 ? expected_at : Math.ceil(now + ((now - making_at) / done) * Math.max(0, pictures - done));
}

/**
 * What was asked for of the links since the send, by those who have its marker, or by everybody when nobody has: a link may
 * have been placed without. Undefined as long as nothing was.
 */
export async function servedSince(
  { records }: Pick<Services, 'records'>,
  record: WarmupRecord,
): Promise<Served | undefined> {
  const { workspace, send, sendAt, links } = readWarmup(record);
  const from = sendAt ?? record.finished_at;
  if (from === null) return undefined;
  const since = from - (from % HOUR_MS);
  const ids = [...new Set(links.map((name) => readShown(name).id))];
  const rows = await sumServed(records, { workspace, links: ids, since });
  const marked = rows.filter((row) => row.send === send);
  const counted = marked.length > 0 ? marked : rows;
  const sum = (some: typeof rows) => some.reduce((all, { count }) => all + Number(count), 0);
  const requests = sum(counted);
  const hits = sum(counted.filter(({ outcome }) => outcome === 'hit'));
  return requests === 0 ? undefined : { requests, hits, share: hits / requests };
}

/** A field of a link's template that contacts would fill, and none does: its connection neither maps it nor leaves it out on purpose. */
export type Unmapped = { readonly link: string; readonly field: string };

/** The fields of a warm-up's links that are forgotten; none where no connection says who has what. */
export async function unmappedFields(services: Services, record: WarmupRecord): Promise<Unmapped[]> {
  const { workspace, connection: id, links } = readWarmup(record);
  const source = id === null ? undefined : await findConnection(services.records, workspace, id);
  if (!source) return [];
  const connection = readConnection(source);
  const unmapped: Unmapped[] = [];
  for (const { link, isFirst } of await findNamed(services, links)) {
    if (!isFirst) continue;
    const published = await services.library.get(workspace, link.template, whichOf(link));
    for (const field of published?.compiled.drawnFields ?? [])
      if (isUndecided(link, connection, field)) unmapped.push({ link: link.id, field });
  }
  return unmapped;
}

/** A picture that somebody should look at, at its own address. */
export type ShownWorst = Pick<WorstPicture, 'link' | 'why'> & { readonly url: string };

/** The worst pictures of a warm-up, without those of contacts that are erased by now. */
export async function showWorst(
  services: Services,
  record: WarmupRecord,
  { worst }: Pick<WarmupTotals, 'worst'>,
): Promise<ShownWorst[]> {
  const { workspace, connection: id, links } = readWarmup(record);
  if (worst.length === 0) return [];
  const { records, signingKeys, publicUrl } = services;
  const source = id === null ? undefined : await findConnection(records, workspace, id);
  const ids = [...new Set(worst.map(({ contact }) => contact))];
  const known = await openContacts(services, await listContactsByIds(records, workspace, ids));
  const byName = new Map((await findNamed(services, links)).map((one) => [one.name, one]));
  const addressOf = ({ link, how }: Shown, contact: string): string | undefined => {
    const fields = known.get(`${workspace}:${contact}`);
    if (!fields || fields === 'erased') return undefined;
    const path = buildImagePath({
      token: signToken({ kind: 'link', id: link.id }, signingKeys[0]),
      format: how.format ?? outputs[link.formats[0]].extension,
      ...(how.scale !== undefined && { scale: how.scale }),
      contact: signReference(contact, signingKeys[0]),
      open: expectedOpen(link, source && readConnection(source), fields),
    });
    return publicUrl + path;
  };
  return worst.flatMap(({ link: name, contact, why }) => {
    const one = byName.get(name);
    const url = one && addressOf(one, contact);
    return one === undefined || url === undefined ? [] : [{ link: one.link.id, url, why }];
  });
}
