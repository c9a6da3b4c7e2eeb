import { type FitReport, type RowOutcome, rungs, type TextOutcome } from '../core/paint/fit-report.ts';
import type { Warning, WarningCode } from '../core/template/value.ts';

/** A report as lines to read: totals, every text and field with something to say of, and the worst rows. */
export function readableFit({ total, fits, fields, texts, rows }: FitReport): string {
  const bad = rows.filter(({ score }) => score > 0);
  const mended = Object.entries(fields).map(
    ([field, kinds]) =>
      `  ${field}: ${listed(Object.entries(kinds).map(([kind, count]) => `${count} ${named(kind)}`))}`,
  );
  const table = Object.entries(texts).map(([layer, totals]) => [
    layer,
    ...rungs.map((rung) => (totals[rung] === 0 ? '-' : String(totals[rung]))),
    `${totals.smallest} px`,
  ]);
  return [
    `${total} ${total === 1 ? 'row' : 'rows'}: ${fits} ${fits === 1 ? 'fits' : 'fit'}, ${total - fits} do not`,
    ...(table.length > 0 ? ['', ...columns([['text', ...rungs, 'smallest'], ...table])] : []),
    ...(mended.length > 0 ? ['', 'fields that are mended', ...mended] : []),
    ...(bad.length > 0 ? ['', 'the worst rows', ...bad.flatMap(rowLines)] : []),
  ].join('\n');
}

const named = (kind: string): string => kind.replaceAll('_', ' ');
const listed = (parts: readonly string[]): string => parts.join(', ');

function rowLines({ row, faults, warnings, texts }: RowOutcome): string[] {
  const refused = faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  // Texts are told with their size, and what is refused with its reason.
  const mended = warnings
    .filter(({ field }) => field !== undefined && !faults.some(({ path }) => path === field))
    .map(({ field, code }) => `${field}: ${named(code)}`);
  const isTold = ({ code, layer }: Warning) => rungCodes.includes(code) && texts.some((text) => text.layer === layer);
  const ofLayers = warnings.filter((warning) => warning.field === undefined && !isTold(warning));
  const lines = [...refused, ...texts.map(textLine), ...ofLayers.map(({ message }) => message), ...mended];
  return [`  row ${row}`, ...lines.map((line) => `    ${line}`)];
}

/** What is said of texts that went down the fit ladder. */
const rungCodes: readonly WarningCode[] = ['shrunk', 'shorter_text', 'ellipsis'];

const steps = {
  whole: 'as designed',
  shrunk: 'shrunk',
  wrapped: 'wrapped',
  shorter: 'in a shorter wording',
  ellipsis: 'cut short with an ellipsis',
} satisfies Record<TextOutcome['rung'], string>;

function textLine({ layer, rung, size, lines, wording }: TextOutcome): string {
  const step = rung === 'shorter' && wording > 1 ? `${steps[rung]} (${wording})` : steps[rung];
  return `${layer}: ${step}, ${size} px, ${lines} ${lines === 1 ? 'line' : 'lines'}`;
}

/** Rows of cells as lines, the first column to the left and all others to the right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
}
