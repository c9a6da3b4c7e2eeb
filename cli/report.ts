import type { Fault } from '../core/errors.ts';
import type { Warning, WarningCode } from '../core/template/value.ts';
import { faultLine } from './failure.ts';

/** What came of a batch. Lists end after 10,000 entries, counts do not; nothing quotes a value. */
export type Report = {
  readonly template: string;
  readonly rows: number;
  readonly made: number;
  /** Rows whose picture an earlier run made from the same values. */
  readonly unchanged: number;
  readonly failed: number;
  /** Set when the run was interrupted before its last row. */
  readonly stopped: boolean;
  readonly counts: Readonly<Partial<Record<WarningCode, number>>>;
  readonly ignoredColumns: readonly string[];
  readonly failures: readonly { readonly row: number; readonly faults: readonly Fault[] }[];
  readonly warnings: readonly ({ readonly row: number; readonly file: string } & Warning)[];
};

/** Gathers a report while rows are finished in any order. */
export type Reporter = {
  fail(row: number, faults: readonly Fault[]): void;
  finish(row: number, file: string, made: { readonly isNew: boolean; readonly warnings: readonly Warning[] }): void;
  report(whole: Pick<Report, 'template' | 'stopped' | 'ignoredColumns'>): Report;
};

const MOST_ENTRIES = 10_000;

const meanings = {
  blank: 'blank values, the fallback was drawn',
  junk: 'junk values, the fallback was drawn',
  unreplaced: 'merge tags nobody replaced, the fallback was drawn',
  invalid: 'values that do not fit their field',
  too_long: 'values that are too long',
  shorter_text: 'texts drawn in their shorter wording',
  shrunk: 'texts drawn smaller to fit',
  ellipsis: 'texts cut with an ellipsis',
  overflow: 'layers that hold more than fits',
  unscannable: 'codes that may not scan',
  missing_glyph: 'characters that no font has, left out',
  image_missing: 'pictures that could not be had, the fallback was drawn',
  low_contrast: 'texts that are hard to read',
  lower_quality: 'pictures of lower quality, to weigh less',
  too_heavy: 'pictures that weigh too much',
} satisfies Record<WarningCode, string>;

/** Starts a report. */
export function createReporter(): Reporter {
  const failures: { row: number; faults: readonly Fault[] }[] = [];
  const warnings: Report['warnings'][number][] = [];
  const counts: Partial<Record<WarningCode, number>> = {};
  let [made, unchanged, failed] = [0, 0, 0];
  const byRow = (a: { row: number }, b: { row: number }): number => a.row - b.row;
  return {
    fail(row, faults) {
      failed++;
      if (failures.length < MOST_ENTRIES) failures.push({ row, faults });
    },
    finish(row, file, { isNew, warnings: own }) {
      if (isNew) made++;
      else unchanged++;
      for (const warning of own) {
        counts[warning.code] = (counts[warning.code] ?? 0) + 1;
        if (warnings.length < MOST_ENTRIES) warnings.push({ row, file, ...warning });
      }
    },
    report: (whole) => ({
      ...whole,
      rows: made + unchanged + failed,
      made,
      unchanged,
      failed,
      counts,
      failures: failures.sort(byRow),
      warnings: warnings.sort(byRow),
    }),
  };
}

/** A report as lines to read. Only the first failures are listed: the JSON has them all. */
export function readableReport(report: Report): string {
  const listed = report.failures.slice(0, 20);
  const counted = Object.entries(report.counts) as [WarningCode, number][];
  return [
    `${report.rows} rows: ${report.made} drawn, ${report.unchanged} unchanged, ${report.failed} failed`,
    ...counted.sort(([, a], [, b]) => b - a).map(([code, count]) => `  ${count} ${meanings[code]}`),
    ...listed.flatMap(({ row, faults }) => [`row ${row} failed:`, ...faults.map(faultLine)]),
    ...(report.failed > listed.length ? [`and ${report.failed - listed.length} more failed rows, see the report`] : []),
    ...(report.stopped ? ['stopped before the last row: run the same command again to go on'] : []),
  ].join('\n');
}
