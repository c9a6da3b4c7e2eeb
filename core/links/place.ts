import { AppError } from '../errors.ts';
import { type Piece, piecesOf } from './pieces.ts';

/** What goes into an email for one link: the whole block, and its image for editors that take only that. */
export type EmailBlock = {
  /** Id of the link: placing its block again replaces the one that stands there. */
  readonly link: string;
  /** The beginning of every address of the link, by which an earlier block is known again: `<public url>/i/<token>`. */
  readonly address: string;
  /** The block with its two marks around it, ready for HTML. */
  readonly html: string;
  /** `src`, `alt` and `href` hold the platform's tags and are not escaped for HTML. Width in CSS pixels. */
  readonly image: { readonly src: string; readonly alt: string; readonly href: string | null; readonly width: number };
};

type Range = { readonly start: number; readonly end: number };
type Tag = Extract<Piece, { kind: 'tag' }>;

/** The class of the tables around the picture, which outlives editors that take comments out. */
export const WRAP_CLASS = 'mergepix';
/** What stands around the table for Outlook, from its beginning and as a whole. */
export const GHOST_OPEN = `<!--[if mso]><table role="presentation" class="${WRAP_CLASS}"`;
export const GHOST_CLOSE = '<!--[if mso]></td></tr></table><![endif]-->';

/** The comments around the block of a link. */
export const marksOf = (link: string) => ({ open: `<!-- mergepix:${link} -->`, close: `<!-- /mergepix:${link} -->` });

/**
 * Puts a block into an email's HTML and leaves the rest as it is, byte for byte: in place of every earlier block of the
 * same link; or of the first placeholder, `<!-- mergepix -->` or the text `[[mergepix]]`; or at the top of the body.
 * Placing it twice is placing it once. Linear in the length of the HTML. Throws `place_refused` where no body begins.
 */
export function placeInHtml(html: string, block: EmailBlock): string {
  const pieces = piecesOf(html);
  const earlier = earlierBlocks(html, pieces, block);
  if (earlier.length > 0) return fill(html, earlier, block.html);
  const place = placeholder(html, pieces) ?? topOfBody(pieces);
  if (place) return fill(html, [place], block.html);
  throw new AppError(
    'place_refused',
    'No body begins in this email: write [[mergepix]] where the picture belongs, and place it again.',
  );
}

function fill(html: string, ranges: readonly Range[], text: string): string {
  let filled = '';
  let at = 0;
  for (const { start, end } of ranges) {
    filled += html.slice(at, start) + text;
    at = end;
  }
  return filled + html.slice(at);
}

function earlierBlocks(html: string, pieces: readonly Piece[], block: EmailBlock): readonly Range[] {
  const marked = markedBlocks(pieces, block.link);
  let next = 0;
  const ranges: Range[] = [];
  for (const [i, piece] of pieces.entries()) {
    while (next < marked.length && piece.start >= (marked[next] as Range).end) ranges.push(marked[next++] as Range);
    const isMarked = next < marked.length && piece.start >= (marked[next] as Range).start;
    if (!isMarked && showsLink(html, piece, block.address)) ranges.push(unmarkedBlock(html, pieces, i, block));
  }
  return [...ranges, ...marked.slice(next)];
}

/** Each end goes with the last begin before it: one whose end was lost takes nothing with it. */
function markedBlocks(pieces: readonly Piece[], link: string): readonly Range[] {
  const ranges: Range[] = [];
  let start: number | undefined;
  for (const piece of pieces) {
    if (piece.kind !== 'comment') continue;
    const mark = piece.text.trim();
    if (mark === `mergepix:${link}`) start = piece.start;
    else if (mark === `/mergepix:${link}` && start !== undefined) {
      ranges.push({ start, end: piece.end });
      start = undefined;
    }
  }
  return ranges;
}

function showsLink(html: string, piece: Piece, address: string): boolean {
  if (piece.kind !== 'tag' || piece.name !== 'img') return false;
  const tag = html.slice(piece.start, piece.end);
  const at = tag.indexOf(address);
  // A longer token is another link's.
  return at >= 0 && /[.@]/.test(tag[at + address.length] ?? '');
}

const WRAPS = new Set(['a', 'td', 'tr', 'tbody', 'table']);

/** An image whose marks an editor took out: with the table around it where that is ours, else by itself. */
function unmarkedBlock(html: string, pieces: readonly Piece[], image: number, block: EmailBlock): Range {
  const isNothing = (piece: Piece): boolean => {
    if (piece.kind === 'comment') return !/^\s*\/?mergepix:/.test(piece.text);
    return piece.kind === 'text' && html.slice(piece.start, piece.end).trim() === '';
  };
  const beside = (from: number, step: 1 | -1, isPassed: (piece: Piece) => boolean): number => {
    let i = from + step;
    for (let piece = pieces[i]; piece && isPassed(piece); piece = pieces[i]) i += step;
    return i;
  };
  const rangeOf = (from: number, to: number): Range => ({
    start: (pieces[from] as Piece).start,
    end: (pieces[to] as Piece).end,
  });

  let alone = rangeOf(image, image);
  let from = image;
  let to = image;
  for (;;) {
    from = beside(from, -1, isNothing);
    to = beside(to, 1, isNothing);
    const open = pieces[from];
    const close = pieces[to];
    if (open?.kind !== 'tag' || close?.kind !== 'tag') return alone;
    if (open.isClosing || !close.isClosing || open.name !== close.name || !WRAPS.has(open.name)) return alone;
    // Links do not stand in links.
    if (open.name === 'a' && block.image.href !== null) alone = rangeOf(from, to);
    if (open.name !== 'table') continue;
    if (!isOurs(html, open)) return alone;
    const isSpace = (piece: Piece) => piece.kind === 'text' && isNothing(piece);
    const before = beside(from, -1, isSpace);
    const after = beside(to, 1, isSpace);
    const [ghostOpen, ghostClose] = [pieces[before], pieces[after]].map((piece) =>
      piece?.kind === 'comment' ? html.slice(piece.start, piece.end) : '',
    );
    const isGhost = ghostOpen?.startsWith(GHOST_OPEN) && ghostClose === GHOST_CLOSE;
    return isGhost ? rangeOf(before, after) : rangeOf(from, to);
  }
}

// Somebody's own table may hold nothing but our picture, and its colours and widths are not ours to take.
function isOurs(html: string, { start, end }: Tag): boolean {
  const names = /\sclass\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*))/i.exec(html.slice(start, end));
  return (names?.[1] ?? names?.[2] ?? names?.[3] ?? '').split(/\s+/).includes(WRAP_CLASS);
}

const PLACEHOLDER = '[[mergepix]]';

function placeholder(html: string, pieces: readonly Piece[]): Range | undefined {
  let isHead = false;
  for (const piece of pieces) {
    const { kind, start, end } = piece;
    if (kind === 'tag') {
      if (piece.name === 'head') isHead = !piece.isClosing;
      else if (piece.name === 'body') isHead = false;
    } else if (isHead) continue;
    else if (kind === 'comment') {
      if (piece.text.trim() === 'mergepix') return { start, end };
    } else {
      const at = html.slice(start, end).indexOf(PLACEHOLDER);
      if (at >= 0) return { start: start + at, end: start + at + PLACEHOLDER.length };
    }
  }
  return undefined;
}

/** Where the body begins: after its tag, or after the head and whatever else cannot be in it. */
function topOfBody(pieces: readonly Piece[]): Range | undefined {
  const tags = pieces.filter((piece): piece is Tag => piece.kind === 'tag');
  const isOpen = ({ isClosing }: Tag): boolean => !isClosing;
  const body = tags.find((tag) => tag.name === 'body' && isOpen(tag));
  const head = tags.findLast(({ name }) => name === 'head');
  if (!body && head && isOpen(head)) return undefined;
  const before =
    body ?? head ?? tags.findLast((tag) => (tag.name === 'html' || tag.name === '!doctype') && isOpen(tag));
  const at = before?.end ?? 0;
  return { start: at, end: at };
}
