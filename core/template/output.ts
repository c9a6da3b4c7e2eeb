import { z } from 'zod';

/**
 * The formats a template can be served in: media type, file extension, whether the format has no transparency, and whether
 * it is a picture, which an `<img>` can show.
 */
export const outputs = {
  jpeg: { mime: 'image/jpeg', extension: 'jpg', opaque: true, isPicture: true },
  png: { mime: 'image/png', extension: 'png', opaque: false, isPicture: true },
  webp: { mime: 'image/webp', extension: 'webp', opaque: false, isPicture: true },
  gif: { mime: 'image/gif', extension: 'gif', opaque: true, isPicture: true },
  pdf: { mime: 'application/pdf', extension: 'pdf', opaque: false, isPicture: false },
} as const;

/** A format by the name templates use. */
export type FormatName = keyof typeof outputs;
/** Checks the name of a format. */
export const formatName = z.enum(Object.keys(outputs) as [FormatName, ...FormatName[]]);

/** A format whose files are pictures. */
export type PictureFormat = {
  [Name in FormatName]: (typeof outputs)[Name]['isPicture'] extends true ? Name : never;
}[FormatName];
/** Whether an `<img>` can show a format. */
export const isPictureFormat = (format: FormatName): format is PictureFormat => outputs[format].isPicture;

/** Checks a template's own format; `auto` leaves it to what its pictures show. */
export const ownFormat = z.enum([...formatName.options, 'auto']);

/** Device pixels per CSS pixel of the finished picture: 1 to 3, by halves. */
export const outputScale = z.number().min(1).max(3).multipleOf(0.5);

/** Device pixels to the inch, for paper: 72 to 600. */
export const outputDpi = z.number().int().min(72).max(600);

/** JPEG and WebP quality. */
export const outputQuality = z.number().int().min(30).max(100);

/** The most bytes a picture should have: 1 KB to 10 MB. */
export const outputMaxBytes = z
  .number()
  .int()
  .min(1024)
  .max(10 * 1024 * 1024);

/** How many frames of one second a GIF has that shows the time; a minute's when absent. */
export const outputFrames = z.number().int().min(1).max(60);

/** The most pixels a picture may have, at output scale: 25 megapixels. */
export const MAX_PIXELS = 25_000_000;

/** The most pixels a picture may have that is ordered at so many dpi: 36 megapixels, a sheet of A4 or Letter at 600 dpi. */
export const MAX_PRINT_PIXELS = 36_000_000;
