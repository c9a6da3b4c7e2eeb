import type { Canvas } from 'canvas';
import type { Mark } from '../../paint/painter.ts';
import type { Rect } from '../../paint/surface.ts';

/**
 * A picture to encode: what lies over the base, and its drawing, on a canvas that holds it until the next picture. Where
 * only some rectangles are asked for, the rest of the canvas stays as it was.
 */
export type Picture = { readonly marks: readonly Mark[]; paint(within?: readonly Rect[]): Canvas };

/**
 * A file; and, of formats that have a quality, the same picture at another one. Where the file is there at once, so are
 * these, and the next picture is drawn over what they are made of.
 */
export type Encoded = {
  readonly bytes: Buffer | Promise<Buffer>;
  at?(quality: number): Buffer | Promise<Buffer>;
};

/** Encodes a picture. Its pixels are taken before the call returns. */
export type Encoder = (picture: Picture) => Encoded;

/** How a format encodes pictures that lie over one base; formats for print say in the file how many `dpi` it has. */
export type Format = {
  open(base: Canvas, quality: number, dpi: number): Encoder;
};
