import { design, readInputs } from '../../hero/design.mjs';
import { personAt } from '../../hero/people.mjs';
import { drawHero, openCanvas } from '../../hero/plain-canvas.mjs';

/** The floor: a finished picture encoded again and again (4:2:0, as `canvas` does by default), nothing drawn. */
export async function open() {
  const finished = drawHero(await openCanvas(await readInputs()), personAt(10));
  return { render: () => finished.toBuffer('image/jpeg', { quality: design.quality / 100 }) };
}
