import { badness } from '../../core/template/badness.ts';
import type { ChunkRecord } from '../stores/records/warmups.ts';

/** How often something was so: by link, then by field, then by what was wrong with it. */
export type FieldCounts = Record<string, Record<string, Record<string, number>>>;

/** A picture that somebody should look at: its name, whom it is for, and why, the worst first. */
export type WorstPicture = {
  readonly link: string;
  readonly contact: string;
  readonly why: readonly string[];
  readonly score: number;
};

/** What came of some contacts and pictures. All of it is counted, so that parts add up. */
export type WarmupResult = {
  /** Contacts that were looked at, those of them that are erased, and pictures of theirs that show nobody. */
  contacts: number;
  erased: number;
  neutral: number;
  /** Live pictures that can only be made when they are asked for. */
  live: number;
  fields: FieldCounts;
  /** Digests of the addresses of pictures that cannot be had, at most some hundred, and how many contacts name one. */
  dead: string[];
  deadContacts: number;
  /** Pictures: made, there already, not made by cause. */
  made: number;
  warm: number;
  failed: Record<string, number>;
  /** Pictures made with a shorter text, and those whose text did not fit. */
  shorter: number;
  overflow: number;
  bytes: number;
  worst: WorstPicture[];
  /** How many of `made` will be met again, and then be there: they are not warm before. */
  ahead: number;
};

const MAX_DEAD = 500;
/** How many of the worst pictures are told. */
export const MAX_WORST = 20;

/** Nothing yet. */
export const emptyResult = (): WarmupResult => ({
  ...{ contacts: 0, erased: 0, neutral: 0, live: 0, fields: {}, dead: [], deadContacts: 0 },
  ...{ made: 0, warm: 0, failed: {}, shorter: 0, overflow: 0, bytes: 0, worst: [], ahead: 0 },
});

const numbers = [
  ...(['contacts', 'erased', 'neutral', 'live', 'deadContacts'] as const),
  ...(['made', 'warm', 'shorter', 'overflow', 'bytes'] as const),
];

/** What a chunk has come to so far. */
export const readResult = ({ result }: Pick<ChunkRecord, 'result'>): WarmupResult => ({
  ...emptyResult(),
  ...(JSON.parse(result) as Partial<WarmupResult>),
});

/** As it is kept: without what is nothing. */
export const writeResult = (result: WarmupResult): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(result).filter(([, value]) => (typeof value === 'number' ? value > 0 : !isNothing(value))),
    ),
  );

const isNothing = (value: object): boolean => Object.keys(value).length === 0;

/** Adds a part. */
export function addResult(sum: WarmupResult, part: WarmupResult): void {
  for (const name of numbers) sum[name] += part[name];
  for (const [link, fields] of Object.entries(part.fields))
    for (const [field, codes] of Object.entries(fields))
      for (const [code, count] of Object.entries(codes)) countField(sum.fields, link, field, code, count);
  for (const [cause, count] of Object.entries(part.failed)) countFailed(sum, cause, count);
  sum.dead = [...new Set([...sum.dead, ...part.dead])].slice(0, MAX_DEAD);
  keepWorst(sum, part.worst);
}

/** Counts what was wrong with a field. */
export function countField(counts: FieldCounts, link: string, field: string, code: string, count = 1): void {
  const ofLink = counts[link] ?? {};
  const ofField = ofLink[field] ?? {};
  ofField[code] = (ofField[code] ?? 0) + count;
  ofLink[field] = ofField;
  counts[link] = ofLink;
}

/** Counts pictures that were not made. */
export function countFailed(result: WarmupResult, cause: string, count = 1): void {
  if (count > 0) result.failed[cause] = (result.failed[cause] ?? 0) + count;
}

/** Keeps the worst pictures; each but once, with the worst that is known of it. */
function keepWorst(result: WarmupResult, worst: readonly WorstPicture[]): void {
  if (worst.length === 0) return;
  const byScore = [...result.worst, ...worst].sort((a, b) => b.score - a.score);
  const all = new Map<string, WorstPicture>();
  for (const each of byScore) {
    const key = `${each.link} ${each.contact}`;
    if (!all.has(key)) all.set(key, each);
  }
  result.worst = [...all.values()].slice(0, MAX_WORST);
}

/** By what happened; anything else stopped the picture. */
const scores: Readonly<Record<string, number>> = badness;
const STOPPED = 100;

/** Notes what happened to somebody's picture, if anything did: the more of it, the worse. */
export function noteWorst(
  result: WarmupResult,
  { link, contact }: Pick<WorstPicture, 'link' | 'contact'>,
  why: readonly string[],
): void {
  const score = why.reduce((sum, each) => sum + (scores[each] ?? STOPPED), 0);
  if (score === 0 || (result.worst.length === MAX_WORST && score <= (result.worst.at(-1)?.score ?? 0))) return;
  keepWorst(result, [{ link, contact, why: [...new Set(why)], score }]);
}

/** How many pictures were not made. */
export const failures = ({ failed }: Pick<WarmupResult, 'failed'>): number =>
  Object.values(failed).reduce((sum, count) => sum + count, 0);
