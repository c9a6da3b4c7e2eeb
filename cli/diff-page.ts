import { escapeHtml } from '../core/links/html.ts';
import type { OptionChange } from './option-changes.ts';
import { labelOf, percent, type SetText, type TemplateDiff, type TextChange } from './template-diff.ts';

/** What is compared, as somebody called it. */
export type DiffTitle = { readonly before: string; readonly after: string };

type ShownSet = TemplateDiff['sets'][number];

const STYLE = `
:root { color-scheme: light dark; --paper: #f6f5f3; --card: #fff; --ink: #1d2530; --soft: #5c6675; --line: #dedbd5; --old: #a83232; --new: #14714f; --mark: #b5472f; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181e; --card: #1d232b; --ink: #e8ebef; --soft: #a0aab8; --line: #343d49; --old: #ff9d94; --new: #7fdcb4; --mark: #ffab8f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1360px; margin: 0 auto; padding: 40px 28px 72px; }
h1 { margin: 0; font-size: 26px; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 18px; }
.lead { margin: 6px 0 28px; color: var(--soft); }
section p { margin: 14px 0 0; }
section { margin-top: 20px; padding: 20px 22px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
header { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; }
.share { color: var(--mark); font-weight: 600; }
.pictures { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 16px; margin-top: 14px; }
@media (max-width: 900px) { .pictures { grid-template-columns: 1fr; } }
figure { margin: 0; }
figcaption { margin-bottom: 6px; color: var(--soft); font-size: 13px; }
img { display: block; width: 100%; height: auto; border-radius: 6px; background: repeating-conic-gradient(#bbb 0 25%, #e6e6e6 0 50%) 0 0 / 16px 16px; }
.scroll { overflow-x: auto; margin-top: 14px; }
table { width: 100%; min-width: 560px; table-layout: fixed; border-collapse: collapse; font-size: 14px; }
th, td { padding: 7px 14px 7px 0; border-top: 1px solid var(--line); text-align: start; vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 500; }
thead th { border-top: 0; }
.old { color: var(--old); }
.new { color: var(--new); }
.none { color: var(--soft); }
.how { display: block; color: var(--soft); font-size: 13px; }
`;

/** A page of one file with everything two templates differ in: options, and for every set of data its pictures and texts. */
export function diffPage({ before, after }: DiffTitle, { options, sets }: TemplateDiff): string {
  const changed = sets.filter(({ changed, texts }) => changed > 0 || texts.length > 0);
  const same = sets.filter((set) => !changed.includes(set)).map(labelOf);
  const lead = `${sets.length} sets of data: ${changed.length} changed, ${same.length} as before${same.length > 0 ? ` (${same.join(', ')})` : ''}.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`${before} → ${after}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(before)} → ${escapeHtml(after)}</h1>
<p class="lead">${escapeHtml(lead)}</p>
${optionSection(options)}
${changed.map(setSection).join('\n')}
</main>
</body>
</html>
`;
}

function optionSection(options: readonly OptionChange[]): string {
  if (options.length === 0) return '<section><h2>Options</h2><p class="none">None has changed.</p></section>';
  const rows = options.map(
    ({ path, before, after }) =>
      `<tr><th scope="row">${escapeHtml(path)}</th><td class="old">${optionCell(before)}</td><td class="new">${optionCell(after)}</td></tr>`,
  );
  return `<section><h2>Options</h2>${table(['option', 'before', 'after'], rows)}</section>`;
}

const optionCell = (value: string | undefined): string =>
  value === undefined ? '<span class="none">none</span>' : escapeHtml(value);

const table = (heads: readonly string[], rows: readonly string[]): string =>
  `<div class="scroll"><table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;

function setSection({ changed, texts, before, after, pictures, ...drawn }: ShownSet): string {
  const name = escapeHtml(labelOf(drawn));
  const figures = [
    ['before', `data:image/webp;base64,${pictures.before.toString('base64')}`],
    ['after', `data:image/webp;base64,${pictures.after.toString('base64')}`],
    ['difference', `data:image/png;base64,${Buffer.from(pictures.difference).toString('base64')}`],
  ].map(([what, url]) => `<figure><figcaption>${what}</figcaption><img src="${url}" alt="${name}, ${what}"></figure>`);
  const warned = (codes: readonly string[]) =>
    escapeHtml(codes.map((code) => code.replaceAll('_', ' ')).join(', ') || 'none');
  const warnings =
    before.join() === after.join()
      ? ''
      : `<p>Warnings: <span class="old">${warned(before)}</span> → <span class="new">${warned(after)}</span></p>`;
  return `<section>
<header><h2>${name}</h2><span class="share">${percent(changed)} of the pixels look different</span></header>
<div class="pictures">${figures.join('')}</div>
${texts.length > 0 ? table(['text', 'before', 'after'], texts.map(textRow)) : ''}
${warnings}
</section>`;
}

const textRow = ({ layer, before, after }: TextChange): string =>
  `<tr><th scope="row">${escapeHtml(layer)}</th><td>${textCell(before)}</td><td>${textCell(after)}</td></tr>`;

function textCell(text: SetText | null): string {
  if (!text) return '<span class="none">not shown</span>';
  const { size, lines, rung } = text;
  const how = `${size} px, ${lines.length} ${lines.length === 1 ? 'line' : 'lines'}${rung === 'whole' ? '' : `, ${rung}`}`;
  return `${lines.map((line) => `<bdi>${escapeHtml(line)}</bdi>`).join('<br>')}<span class="how">${how}</span>`;
}
