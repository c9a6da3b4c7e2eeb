import sharp from 'sharp';
import { design } from '../../hero/design.mjs';
import { openTakumi } from './takumi.mjs';

/** Takumi for its drawing alone, encoded by sharp: sharp's JPEG encoder is quicker than the one Takumi brings. */
export async function open() {
  const draw = await openTakumi();
  const { width, height, quality } = design;
  return {
    async render(person) {
      const pixels = await draw(person, { format: 'raw' });
      return sharp(pixels, { raw: { width, height, channels: 4 } })
        .jpeg({ quality })
        .toBuffer();
    },
  };
}
