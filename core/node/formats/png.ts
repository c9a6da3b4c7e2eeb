import { sharp } from '../native.ts';
import type { Format } from './format.ts';
import { isOpaque, pixelsOf } from './pixels.ts';

/** PNG, filtered by row; without an alpha channel where the base has no transparency, since nothing drawn can add any. */
export const png: Format = {
  open(base) {
    const hasAlpha = !isOpaque(base);
    return ({ paint }) => {
      const picture = sharp(...pixelsOf(paint()));
      // Level 6, the default, takes twice as long for a twentieth less.
      return (hasAlpha ? picture : picture.removeAlpha())
        .png({ compressionLevel: 3, adaptiveFiltering: true })
        .toBuffer();
    };
  },
};
