import { design, readInputs } from '../../hero/design.mjs';
import { drawHero, openCanvas } from '../../hero/plain-canvas.mjs';

/** `canvas` as a first attempt uses it: everything drawn anew on a new canvas, the photo scaled every time. */
export async function open() {
  const pictures = await openCanvas(await readInputs());
  return {
    render: (person) => drawHero(pictures, person).toBuffer('image/jpeg', { quality: design.quality / 100 }),
  };
}
