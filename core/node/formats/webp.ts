import { sharp } from '../native.ts';
import type { Format } from './format.ts';
import { pixelsOf } from './pixels.ts';

/** WebP for web pages; Outlook for Windows does not show it, so links made for email do not offer it. */
export const webp: Format = {
  open:
    (_base, quality) =>
    ({ paint }) => {
      const pixels = pixelsOf(paint());
      // Effort 2 costs half of the default 4 and gives the same size on photographic pictures.
      const at = (quality: number) =>
        sharp(...pixels)
          .webp({ quality, effort: 2 })
          .toBuffer();
      return { bytes: at(quality), at };
    },
};
