import { z } from 'zod';

/** The formats a picture can be served in: media type, file extension, whether the format has no transparency. */
export const outputs = {
  jpeg: { mime: 'image/jpeg', extension: 'jpg', opaque: true },
  png: { mime: 'image/png', extension: 'png', opaque: false },
  webp: { mime: 'image/webp', extension: 'webp', opaque: false },
} as const;

/** A format by the name templates use. */
export type FormatName = keyof typeof outputs;
/** Checks the name of a format. */
export const formatName = z.enum(Object.keys(outputs) as [FormatName, ...FormatName[]]);

/** Device pixels per CSS pixel of the finished picture: 1 to 3, by halves. */
export const outputScale = z.number().min(1).max(3).multipleOf(0.5);

/** JPEG and WebP quality. */
export const outputQuality = z.number().int().min(30).max(100);

/** The most pixels a picture may have, at output scale: 25 megapixels. */
export const MAX_PIXELS = 25_000_000;
