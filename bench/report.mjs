/**
 * One case as a table for people: a line per subject, its figures, and how many times as quick mergepix is. A case says
 * by which figure, and whether less of it or more of it is quicker.
 */
export function formatTable(name, { title, figures, compare }, results) {
  const own = compare && results.mergepix?.[compare.figure];
  const quickness = (other) => `${(compare.quicker === 'less' ? other / own : own / other).toFixed(2)}x`;
  const header = ['', ...figures, ...(own ? ['mergepix is as quick'] : [])];
  const lines = Object.entries(results).map(([subject, result]) => [
    subject,
    ...figures.map((figure) => result[figure].toLocaleString('en-US', { maximumFractionDigits: 3 })),
    ...(own ? [subject === 'mergepix' ? '' : quickness(result[compare.figure])] : []),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...lines].map((line) => line[column].length)));
  const format = (line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('   ');
  return [`${name}: ${title}`, ...[header, ...lines].map((line) => `  ${format(line)}`.trimEnd())].join('\n');
}
