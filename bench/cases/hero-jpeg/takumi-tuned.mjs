import sharp from 'sharp';
import { design, readInputs } from '../../hero/design.mjs';
import { prepare } from '../../hero/prepared.mjs';
import { openTakumi } from './takumi.mjs';

/** Takumi for its drawing alone, over pictures scaled beforehand, encoded by sharp, whose JPEG encoder is quicker. */
export async function open() {
  const draw = await openTakumi(await prepare(await readInputs()));
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
