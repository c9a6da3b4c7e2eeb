const MOST_CELLS = 1_000_000;
const AROUND = 40;
const LONG_LINE = 240;

/**
 * What changed between two texts, by line: each run of changed lines under `@@ line <first> @@`, taken out as `-` and put
 * in as `+`. Nothing else is repeated; of a changed line that is long only what changed and a little around it.
 */
export function differenceOf(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const from = shared(old, now);
  const reversed = [old.slice(from).reverse(), now.slice(from).reverse()] as const;
  const to = shared(...reversed);
  return hunks(old.slice(from, old.length - to), now.slice(from, now.length - to))
    .map(({ at, removed, added }) => {
      const [out, put] = shorten(removed.join('\n'), added.join('\n'));
      return [`@@ line ${from + at + 1} @@`, ...marked('-', out, removed), ...marked('+', put, added)].join('\n');
    })
    .join('\n');
}

type Hunk = { readonly at: number; readonly removed: readonly string[]; readonly added: readonly string[] };

const marked = (mark: string, text: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : text.split('\n').map((line) => mark + line);

/** How many items both lists begin with. */
function shared(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count++;
  return count;
}

/** By the longest common subsequence of lines; texts of very many changed lines are one change. */
function hunks(old: readonly string[], now: readonly string[]): Hunk[] {
  if (old.length === 0 && now.length === 0) return [];
  if (old.length * now.length > MOST_CELLS) return [{ at: 0, removed: old, added: now }];
  const width = now.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const cell = (i: number, j: number): number => common[i * width + j] as number;
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      common[i * width + j] = old[i] === now[j] ? cell(i + 1, j + 1) + 1 : Math.max(cell(i + 1, j), cell(i, j + 1));

  const found: { at: number; removed: string[]; added: string[] }[] = [];
  let [i, j, isInside] = [0, 0, false];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      [i, j, isInside] = [i + 1, j + 1, false];
      continue;
    }
    if (!isInside) found.push({ at: i, removed: [], added: [] });
    isInside = true;
    const hunk = found.at(-1);
    if (j >= now.length || (i < old.length && cell(i + 1, j) >= cell(i, j + 1))) hunk?.removed.push(old[i++] as string);
    else hunk?.added.push(now[j++] as string);
  }
  return found;
}

/** Cuts what both texts of a change begin and end with, where they are long: an email may be one line. */
function shorten(removed: string, added: string): [string, string] {
  if (Math.max(removed.length, added.length) <= LONG_LINE) return [removed, added];
  const most = Math.min(removed.length, added.length);
  let start = 0;
  while (start < most && removed[start] === added[start]) start++;
  let end = 0;
  while (end < most - start && removed[removed.length - 1 - end] === added[added.length - 1 - end]) end++;
  const cut = (text: string): string => {
    const [first, last] = [Math.max(0, start - AROUND), Math.min(text.length, text.length - end + AROUND)];
    return (first > 0 ? '…' : '') + text.slice(first, last) + (last < text.length ? '…' : '');
  };
  return [cut(removed), cut(added)];
}
