import type { Canvas } from 'canvas';
import type { Rect } from '../../paint/surface.ts';

/** Encodes a picture. Pixels are taken from the canvas before the call returns; `touched` are the device rectangles that differ from the base. */
export type Encoder = (frame: Canvas, touched: readonly Rect[]) => Buffer | Promise<Buffer>;

/** How a format encodes pictures that lie over one base. */
export type Format = {
  open(base: Canvas, quality: number): Encoder;
};
