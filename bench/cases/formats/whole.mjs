import sharp from 'sharp';
import { design, readInputs } from '../../hero/design.mjs';
import { personAt } from '../../hero/people.mjs';
import { drawHero, openCanvas } from '../../hero/plain-canvas.mjs';

/** A finished hero encoded again and again with the defaults of `canvas`, or of `sharp`, which is given the pixels. */
export async function open() {
  const asked = new URL(import.meta.url).searchParams;
  const [format, quality] = [asked.get('format'), design.quality];
  const finished = drawHero(await openCanvas(await readInputs()), personAt(10));
  const { width, height } = finished;
  if (asked.get('by') === 'sharp') {
    const { data } = finished.getContext('2d').getImageData(0, 0, width, height);
    const options = format === 'png' ? undefined : { quality };
    return {
      render: () =>
        sharp(data, { raw: { width, height, channels: 4 } })
          [format](options)
          .toBuffer(),
    };
  }
  const options = format === 'jpeg' ? { quality: quality / 100 } : undefined;
  return { render: () => finished.toBuffer(`image/${format}`, options) };
}
