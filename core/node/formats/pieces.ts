import { hash } from 'node:crypto';
import type { Canvas } from 'canvas';
import { LRUCache } from 'lru-cache';
import { isEmpty, type Rect } from '../../paint/surface.ts';
import type { Picture } from './format.ts';

/** A picture cut into rows of equal pieces, in pixels; the last of a row or column takes what is left. */
export type Grid = { readonly columns: number; readonly rows: number; readonly pieces: readonly Rect[] };

/** Cuts a picture into pieces of that size. */
export function cut(picture: Pick<Rect, 'width' | 'height'>, width: number, height: number): Grid {
  const [columns, rows] = [Math.ceil(picture.width / width), Math.ceil(picture.height / height)];
  const pieces = Array.from({ length: columns * rows }, (_, i): Rect => {
    const [x, y] = [(i % columns) * width, Math.floor(i / columns) * height];
    return { x, y, width: Math.min(width, picture.width - x), height: Math.min(height, picture.height - y) };
  });
  return { columns, rows, pieces };
}

/** Which marks of a picture lie on a piece, by their place among them; pieces without any are those of the base. */
export type Marked = ReadonlyMap<number, readonly number[]>;

/** The pieces of a grid, by index, that a picture's marks fall on. */
export function markedPieces({ columns, rows, pieces }: Grid, marks: Picture['marks']): Marked {
  const marked = new Map<number, number[]>();
  const [{ width, height }] = pieces as readonly [Rect];
  for (const [mark, { rect }] of marks.entries()) {
    if (isEmpty(rect)) continue;
    const right = Math.min(columns - 1, Math.floor((rect.x + rect.width - 1) / width));
    const bottom = Math.min(rows - 1, Math.floor((rect.y + rect.height - 1) / height));
    for (let row = Math.floor(rect.y / height); row <= bottom; row++)
      for (let column = Math.floor(rect.x / width); column <= right; column++) {
        const i = row * columns + column;
        const found = marked.get(i);
        if (found) found.push(mark);
        else marked.set(i, [mark]);
      }
  }
  return marked;
}

// Marks that are remembered to have been seen, at 64 bytes each.
const SEEN = 4000;

type Sized = { readonly length: number };

/** What a format keeps of the pictures over one base; see `createMemory`. */
export type Memory<Piece extends Sized> = {
  /** A number for each mark, the same for the same text; undefined for what was not drawn before, as far as is known. */
  recall(marks: Picture['marks']): (number | undefined)[];
  readonly pieces: LRUCache<string, Piece>;
};

/**
 * Remembers encoded pieces in at most `maxBytes`, the least recently used out first. A piece is kept when all that lies on
 * it was drawn before: most of what is drawn for one person is never drawn again.
 */
export function createMemory<Piece extends Sized>(maxBytes: number): Memory<Piece> {
  const seen = new LRUCache<string, number>({ max: SEEN });
  let count = 0;
  return {
    recall: (marks) =>
      marks.map(({ text }) => {
        const digest = hash('sha256', text, 'base64url');
        const number = seen.get(digest);
        if (number === undefined) seen.set(digest, ++count);
        return number;
      }),
    pieces: new LRUCache({ maxSize: maxBytes, sizeCalculation: (piece, key) => piece.length + key.length }),
  };
}

/**
 * The pieces of one picture after another: those of the base, which are kept, and in place of those that differ the ones
 * remembered from pictures before or encoded now. Only what is to be encoded is drawn.
 */
export function createPieces<Piece extends Sized>(
  base: Canvas,
  { pieces: rects }: Grid,
  { recall, pieces: remembered }: Memory<Piece>,
  encode: (from: Canvas, piece: Rect, index: number) => Piece,
): (picture: Picture, marked: Marked) => Piece[] {
  const still = rects.map((rect, i) => encode(base, rect, i));
  return ({ marks, paint }, marked) => {
    const pieces = still.slice();
    const numbers = recall(marks);
    const missing: { readonly i: number; readonly key: string | undefined }[] = [];
    for (const [i, on] of marked) {
      const isKnown = on.every((mark) => numbers[mark] !== undefined);
      const key = isKnown ? `${rects.length} ${i} ${on.map((mark) => numbers[mark]).join(' ')}` : undefined;
      const piece = key && remembered.get(key);
      if (piece) pieces[i] = piece;
      else missing.push({ i, key });
    }
    if (missing.length === 0) return pieces;
    const frame = paint(missing.map(({ i }) => rects[i] as Rect));
    for (const { i, key } of missing) {
      const piece = encode(frame, rects[i] as Rect, i);
      pieces[i] = piece;
      if (key) remembered.set(key, piece);
    }
    return pieces;
  };
}
