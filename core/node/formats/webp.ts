import { sharp } from '../native.ts';
import type { Format } from './format.ts';
import { pixelsOf } from './pixels.ts';

/** WebP for web pages; Outlook for Windows does not show it, so links made for email do not offer it. */
export const webp: Format = {
  open:
    (_base, quality) =>
    ({ paint }) => {
      const pixels = pixelsOf(paint());
      // Of a photo of 1200x600 effort 2 makes a quarter less, and takes half as long again; a recipient waits for it.
      const at = (quality: number) =>
        sharp(...pixels)
          .webp({ quality, effort: 0 })
          .toBuffer();
      return { bytes: at(quality), at };
    },
};
