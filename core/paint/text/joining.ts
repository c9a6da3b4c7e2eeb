const JOINER = '\u200d';
// The block that nearly all Arabic is written in: letters of those after it are rare, and stay apart.
const LETTER = /^[[\u0620-\u06ff]&&[\p{Lo}\u0640]]$/v;
const MARK = /^\p{M}$/u;
/** Letters that join none behind them, by Unicode's ArabicShaping.txt; the bundled fonts have no other script that joins. */
const LAST =
  /[\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf\u06d2-\u06d5\u06ee\u06ef]/;
/** Those that join none before them either. */
const ALONE = /[\u0621\u0674]/;

/** Whether the letters on both sides of a place in a text are drawn joined. */
function joinsAt(text: string, at: number): boolean {
  const next = text.charAt(at);
  // Most texts are without such letters, and asked for at every edge.
  if (!LETTER.test(next) || ALONE.test(next)) return false;
  let before = at - 1;
  while (MARK.test(text.charAt(before))) before--;
  const last = text.charAt(before);
  return LETTER.test(last) && !LAST.test(last);
}

/** A stretch of a text to be measured and drawn by itself, whose letters join those beside it as they do in the whole. */
export function stretchOf(text: string, start: number, end: number): string {
  const part = text.slice(start, end);
  return (joinsAt(text, start) ? JOINER : '') + part + (joinsAt(text, end) ? JOINER : '');
}
