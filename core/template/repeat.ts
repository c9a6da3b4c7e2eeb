import type { Layer } from '../paint/layers/index.ts';

type Repeat = Extract<Layer, { type: 'repeat' }>;

/** How many of a list's items are shown, and how many are not; `more` takes the last place there is. */
export function shownOf({ box, columns, itemHeight, gap, max, more }: Repeat, count: number) {
  const rows = Math.max(1, Math.floor((box.height + gap + 0.01) / (itemHeight + gap)));
  const places = rows * columns;
  const most = Math.min(count, max, places);
  const shown = more && most < count ? Math.min(most, places - 1) : most;
  return { shown, rest: count - shown };
}
