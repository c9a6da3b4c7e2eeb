import { writeFile } from 'node:fs/promises';
import { createRandom } from './noise.mjs';
import { assetFile, mix } from './raster.mjs';

const svg = (width, height, title, content) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><title>${title}</title>${content}</svg>\n`;

/** Rings around a corner, like ripples on water; every second one is in the colour that a template may change. */
function rings() {
  const arcs = Array.from({ length: 9 }, (_, i) => {
    const radius = 30 + i * 26;
    const color = i % 2 ? '#ff7a59' : '#31407a';
    return `<circle cx="376" cy="40" r="${radius}" stroke="${color}" stroke-width="${i % 2 ? 7 : 12}" stroke-opacity="${(1 - i * 0.085).toFixed(2)}"/>`;
  });
  return svg(
    420,
    204,
    'Rings',
    `<rect width="420" height="204" fill="#1a2450"/><g fill="none">${arcs.join('')}</g><circle cx="376" cy="40" r="14" fill="#ff7a59"/>`,
  );
}

/** Petals that fall across a banner, in three flat colours, so that an animation of them stays small. */
function petals() {
  const random = createRandom(12);
  const colors = ['#f26d85', '#f9a8b4', '#ffd9a0'];
  const fallen = [];
  while (fallen.length < 34) {
    const [x, y] = [mix(-10, 610, random()), mix(-10, 210, random())];
    const [turn, size] = [mix(0, 360, random()), mix(0.5, 1.25, random())];
    // Words and figures stand in the middle.
    if (x > 14 && x < 586 && y > 16 && y < 182) continue;
    fallen.push(
      `<path transform="translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${turn.toFixed(0)}) scale(${size.toFixed(2)})" d="M0 -14 C10 -8 10 6 0 14 C-10 6 -10 -8 0 -14 Z" fill="${colors[fallen.length % 3]}"/>`,
    );
  }
  return svg(
    600,
    200,
    'Petals',
    `<rect width="600" height="200" fill="#3d1238"/><circle cx="40" cy="210" r="150" fill="#521a49"/><circle cx="560" cy="-20" r="170" fill="#521a49"/>${fallen.join('')}`,
  );
}

/** Drawings of shapes alone, for templates whose colours data may choose. */
export async function marks() {
  await writeFile(await assetFile('conference-agenda', 'rings.svg'), rings());
  await writeFile(await assetFile('sale-countdown', 'petals.svg'), petals());
}
