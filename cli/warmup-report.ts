import type { WarmupRecord } from '../server/stores/records/warmups.ts';
import { failures } from '../server/warmups/result.ts';
import type { ShownWorst, Unmapped } from '../server/warmups/show.ts';
import type { WarmupTotals } from '../server/warmups/totals.ts';
import { type Attention, readWarmup, type WarmupLimits } from '../server/warmups/warmup.ts';

/** A warm-up, and what came of it so far. */
export type WarmupOutcome = {
  readonly record: WarmupRecord;
  readonly totals: WarmupTotals;
  readonly unmapped: readonly Unmapped[];
  readonly worst: readonly ShownWorst[];
};

const SHOWN_WORST = 5;

const percent = (share: number): string => `${Math.round(share * 1000) / 10}%`;

const meanings = {
  unmapped: () =>
    'the connection neither maps a field nor leaves it out on purpose, so that everybody sees its fallback',
  blank: ({ blank }) => `a field is blank for more than ${percent(blank)} of the contacts`,
  junk: ({ junk }) => `a field holds what cannot be shown for more than ${percent(junk)} of the contacts`,
  defaults: ({ defaults }) =>
    `the platform holds no reference of more than ${percent(defaults)} of the contacts, who will see the defaults`,
  failed: ({ failed }) => `more than ${percent(failed)} of the pictures could not be made`,
  late: () => 'it is not finished in time for the send',
  refused: () => 'the cache has no room for the pictures',
  stopped: () => 'it could not go on',
} satisfies Record<Attention, (limits: WarmupLimits) => string>;

/** What a warm-up has come to, as lines to read. No value of anybody is in it. */
export function readableWarmup({ record, totals, unmapped, worst }: WarmupOutcome): string {
  const { state, attention, limits, links, connection } = readWarmup(record);
  const { contacts, erased, defaults, made, warm, shorter, overflow, dead, deadContacts, failed } = totals;
  const named = (field: string, link: string) => (links.length === 1 ? field : `${field} of ${link}`);
  const share = (count: number) => percent(count / Math.max(1, contacts));
  const counted = Object.entries(totals.fields).flatMap(([link, fields]) =>
    Object.entries(fields).map(([field, counts]) => {
      const parts = Object.entries(counts).map(([what, n]) => `${n} ${what} (${share(n)})`);
      return `  ${named(field, link)}: ${parts.join(', ')}`;
    }),
  );
  const whys = Object.entries(failed).map(([why, count]) => `${count} ${why}`);
  return [
    `warm-up ${state}: ${contacts} contacts, ${record.pictures ?? 0} pictures`,
    ...(record.error === null ? [] : [`  ${record.error}`]),
    `  ${made} made, ${warm} there before, ${failures(totals)} not made${whys.length > 0 ? ` (${whys.join(', ')})` : ''}`,
    `  ${defaults} contacts without a reference, ${erased} erased, ${deadContacts} whose own picture cannot be had (addresses: ${dead.length})`,
    `  ${shorter} with a shorter text, ${overflow} with a text that did not fit`,
    ...counted,
    ...unmapped.map(
      ({ link, field }) =>
        `  ${named(field, link)} is not mapped: mergepix connection change ${connection} --map ${field}=<tag> maps it, --map ${field}= leaves it out on purpose`,
    ),
    ...worst.slice(0, SHOWN_WORST).map(({ url, why }) => `  look at ${url} (${why.join(', ')})`),
    ...attention.map((cause) => `  attention: ${cause}, ${meanings[cause](limits)}`),
  ].join('\n');
}
