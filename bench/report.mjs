/** One case as a table for people: a line per subject, its figures, and how it compares with mergepix. */
export function formatTable(name, { title, figures, compare }, results) {
  const reference = compare && results.mergepix?.[compare.figure];
  const header = ['', ...figures, ...(compare ? [compare.header] : [])];
  const lines = Object.entries(results).map(([subject, result]) => [
    subject,
    ...figures.map((figure) => result[figure]?.toLocaleString('en-US', { maximumFractionDigits: 3 }) ?? ''),
    ...(compare
      ? [reference && subject !== 'mergepix' ? `${(result[compare.figure] / reference).toFixed(2)}x` : '']
      : []),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...lines].map((line) => line[column].length)));
  const format = (line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('   ');
  return [`${name}: ${title}`, ...[header, ...lines].map((line) => `  ${format(line)}`.trimEnd())].join('\n');
}
