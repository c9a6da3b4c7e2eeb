import type { Fault } from '../errors.ts';
import { badness } from '../template/badness.ts';
import type { Warning } from '../template/value.ts';
import type { FittedText, TextFit } from './surface.ts';

/** The rungs of the fit ladder, from a text that is as designed down to one that does not fit at all. */
export const rungs = ['whole', 'shrunk', 'wrapped', 'shorter', 'ellipsis'] as const;
/** How far down the fit ladder a text had to go. */
export type Rung = (typeof rungs)[number];

/** How one text came out: size in CSS pixels, how many lines it takes, and the wording, 0 for the text itself. */
export type TextOutcome = {
  readonly layer: string;
  readonly rung: Rung;
  readonly size: number;
  readonly lines: number;
  readonly wording: number;
};

/** How one row comes out, counted from 1. It `fits` when nothing of it is refused and its layers show all they are given; no value is quoted. */
export type RowOutcome = {
  readonly row: number;
  readonly fits: boolean;
  readonly score: number;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Warning[];
  /** Those that are not as designed. */
  readonly texts: readonly TextOutcome[];
};

/** How often a text came to each rung, and its smallest size in CSS pixels. */
export type TextTotals = Record<Rung, number> & { smallest: number };

/** How rows of data come out; parts add up. `rows` are the worst of them, worst first. */
export type FitReport = {
  total: number;
  fits: number;
  /** Rows by kind of warning, and `refused` those an API would refuse. */
  counts: Record<string, number>;
  /** How often which field was mended, by kind of warning. */
  fields: Record<string, Record<string, number>>;
  /** By layer. */
  texts: Record<string, TextTotals>;
  rows: readonly RowOutcome[];
};

const REFUSED = 30;

/** What keeps a row from fitting: a field that is `invalid` or `too_long` is refused, and such a layer is left out. */
const misfits = ['refused', 'ellipsis', 'overflow', 'unscannable', 'invalid', 'too_long'];

/** No rows. */
export const emptyFitReport = (): FitReport => ({ total: 0, fits: 0, counts: {}, fields: {}, texts: {}, rows: [] });

/** What a row comes to: its faults, what was mended, and how its texts were fitted. */
export function reportRow(
  row: number,
  faults: readonly Fault[],
  warnings: readonly Warning[],
  fitted: readonly FittedText[],
): FitReport {
  const outcomes = fitted.map(outcomeOf);
  const kinds = new Set([...warnings.map(({ code }) => code), ...(faults.length > 0 ? ['refused'] : [])]);
  const fits = !misfits.some((kind) => kinds.has(kind));
  const report = { ...emptyFitReport(), total: 1, fits: fits ? 1 : 0 };
  for (const kind of kinds) count(report.counts, kind);
  for (const { field, code } of warnings) {
    // The records of a list count together: `items.2.price` is the price of an item.
    if (field !== undefined) count(entryOf(report.fields, field.replace(/\.\d+(?=\.|$)/g, ''), noKinds), code);
  }
  for (const { layer, rung, size } of outcomes) {
    const totals = entryOf(report.texts, layer, noTexts);
    totals[rung]++;
    totals.smallest = Math.min(totals.smallest, size);
  }
  const score = warnings.reduce((sum, { code }) => sum + ((badness as Record<string, number>)[code] ?? 0), 0);
  const texts = outcomes.filter(({ rung }) => rung !== 'whole');
  return { ...report, rows: [{ row, fits, score: score + REFUSED * faults.length, faults, warnings, texts }] };
}

/** Adds a part, and keeps at most `limit` of the rows. */
export function addFitReport(sum: FitReport, part: FitReport, limit: number): void {
  sum.total += part.total;
  sum.fits += part.fits;
  for (const [kind, times] of Object.entries(part.counts)) count(sum.counts, kind, times);
  for (const [field, kinds] of Object.entries(part.fields)) {
    const into = entryOf(sum.fields, field, noKinds);
    for (const [kind, times] of Object.entries(kinds)) count(into, kind, times);
  }
  for (const [layer, totals] of Object.entries(part.texts)) {
    const into = entryOf(sum.texts, layer, noTexts);
    for (const rung of rungs) into[rung] += totals[rung];
    into.smallest = Math.min(into.smallest, totals.smallest);
  }
  const least = sum.rows.length < limit ? -1 : (sum.rows.at(-1)?.score ?? -1);
  const worse = part.rows.filter(({ score }) => score > least);
  if (worse.length > 0)
    sum.rows = [...sum.rows, ...worse].sort((a, b) => b.score - a.score || a.row - b.row).slice(0, limit);
}

const noKinds = (): Record<string, number> => ({});
const noTexts = (): TextTotals => ({
  ...{ whole: 0, shrunk: 0, wrapped: 0, shorter: 0, ellipsis: 0 },
  smallest: Number.POSITIVE_INFINITY,
});

/** What is kept under a name, which may be one that every object answers to. */
function entryOf<Entry>(entries: Record<string, Entry>, name: string, make: () => Entry): Entry {
  const found = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (found !== undefined) return found;
  const made = make();
  entries[name] = made;
  return made;
}

/** How far down the ladder a text is. */
export function rungOf({ choice, shrunk, wrapped, ellipsis }: TextFit): Rung {
  if (ellipsis) return 'ellipsis';
  if (choice > 0) return 'shorter';
  if (wrapped) return 'wrapped';
  return shrunk ? 'shrunk' : 'whole';
}

function outcomeOf(text: FittedText): TextOutcome {
  const { layer, size, lines, choice } = text;
  return { layer, rung: rungOf(text), size, lines: lines.length, wording: choice };
}

const count = (counts: Record<string, number>, kind: string, times = 1): void => {
  counts[kind] = (counts[kind] ?? 0) + times;
};
