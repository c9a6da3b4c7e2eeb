import { sharp } from '../native.ts';
import type { Format } from './format.ts';
import { pixelsOf } from './pixels.ts';

/** PNG with transparency, filtered by row. */
export const png: Format = {
  open: () => (frame) =>
    sharp(...pixelsOf(frame))
      .png({ compressionLevel: 6, adaptiveFiltering: true })
      .toBuffer(),
};
