/**
 * A piece of HTML, from `start` up to `end`. What scripts, styles and titles hold is no text, and is in no piece; a
 * platform's tag inside an HTML tag belongs to it, whatever quotes and brackets it holds.
 */
export type Piece =
  | { readonly kind: 'text'; readonly start: number; readonly end: number }
  | { readonly kind: 'comment'; readonly start: number; readonly end: number; readonly text: string }
  | {
      readonly kind: 'tag';
      readonly start: number;
      readonly end: number;
      readonly name: string;
      readonly isClosing: boolean;
    };

// Elements whose content is not read as HTML.
const RAW = new Set(['script', 'style', 'title', 'textarea', 'xmp', 'iframe', 'noembed', 'noframes']);
const NAME = /[^\s/>]*/y;
// Inside a tag of HTML: what fills it in before any mail client reads it.
const PLATFORM_TAGS = [
  ['{{', '}}'],
  ['{%', '%}'],
  ['*|', '|*'],
] as const;
const LONGEST_PLATFORM_TAG = 1_000;

/**
 * Takes HTML apart as a browser would, in time linear in its length whatever it holds. Where a comment, a tag or a script
 * never ends, what follows its begin is in no piece.
 */
export function piecesOf(html: string): readonly Piece[] {
  const pieces: Piece[] = [];
  const endOfTag = createTagReader(html);
  let at = 0;
  let textFrom = 0;
  const endText = (end: number) => {
    if (end > textFrom) pieces.push({ kind: 'text', start: textFrom, end });
  };

  for (;;) {
    const start = html.indexOf('<', at);
    if (start < 0) {
      endText(html.length);
      return pieces;
    }
    const isClosing = html[start + 1] === '/';
    const isComment = html.startsWith('<!--', start);
    if (!isComment && !/[a-z!?]/i.test(html[start + (isClosing ? 2 : 1)] ?? '')) {
      at = start + 1;
      continue;
    }
    endText(start);
    let end: number | undefined;
    if (isComment) {
      const close = html.indexOf('-->', start + 2);
      if (close >= 0) {
        end = close + 3;
        pieces.push({ kind: 'comment', start, end, text: html.slice(start + 4, close) });
      }
    } else {
      end = endOfTag(start);
      if (end !== undefined) {
        NAME.lastIndex = start + (isClosing ? 2 : 1);
        const name = (NAME.exec(html)?.[0] ?? '').toLowerCase();
        pieces.push({ kind: 'tag', start, end, name, isClosing });
        if (!isClosing && RAW.has(name)) end = endOfRaw(html, name, end);
      }
    }
    if (end === undefined) return pieces;
    at = end;
    textFrom = end;
  }
}

function endOfRaw(html: string, name: string, from: number): number | undefined {
  const close = new RegExp(`</${name}(?=[\\s/>])`, 'gi');
  close.lastIndex = from;
  return close.exec(html)?.index;
}

function createTagReader(html: string): (start: number) => number | undefined {
  // Where the next end of each platform's tag is, so that nothing is looked for twice.
  const ends = PLATFORM_TAGS.map(() => 0);
  const endOfPlatformTag = (at: number): number | undefined => {
    const which = PLATFORM_TAGS.findIndex(([open]) => html.startsWith(open, at));
    const close = PLATFORM_TAGS[which]?.[1];
    if (close === undefined) return undefined;
    if ((ends[which] as number) < at + 2) {
      const next = html.indexOf(close, at + 2);
      ends[which] = next < 0 ? Number.POSITIVE_INFINITY : next;
    }
    const end = (ends[which] as number) + 2;
    return end - at <= LONGEST_PLATFORM_TAG ? end : undefined;
  };

  return (start) => {
    let quote = '';
    let isValue = false;
    for (let at = start + 1; at < html.length; at++) {
      const letter = html[at] as string;
      if (letter === '{' || letter === '*') {
        const end = endOfPlatformTag(at);
        if (end !== undefined) {
          at = end - 1;
          isValue = false;
          continue;
        }
      }
      if (quote !== '') {
        if (letter === quote) quote = '';
      } else if (letter === '>') return at + 1;
      else if (isValue && (letter === '"' || letter === "'")) {
        quote = letter;
        isValue = false;
      } else if (letter === '=') isValue = true;
      else if (!/\s/.test(letter)) isValue = false;
    }
    return undefined;
  };
}
