import sharp from 'sharp';
import { fractal } from './noise.mjs';
import { assetFile, draw, linear, mixColor, paint, smooth } from './raster.mjs';

// Engine turning, as on banknotes: the same curve drawn over and over, each time a little further round.
const [WIDTH, HEIGHT] = [2246, 1588];
const INK = '#1d4b53';
const GOLD = '#b08a45';

const path = (points, closed = false) =>
  `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}${closed ? 'Z' : ''}`;
const line = (d, color, width, opacity = 1) =>
  `<path d="${d}" fill="none" stroke="${color}" stroke-width="${width}" stroke-opacity="${opacity}"/>`;
const steps = (count) => Array.from({ length: count + 1 }, (_, i) => i / count);

/** A circle whose radius swings `lobes` times between two values, `strands` times over. */
function rosette({ x, y, inner, outer, lobes, strands, color, width, opacity }) {
  const middle = (inner + outer) / 2;
  const swing = (outer - inner) / 2;
  return Array.from({ length: strands }, (_, strand) => {
    const phase = (2 * Math.PI * strand) / strands;
    const points = steps(lobes * 28).map((t) => {
      const angle = t * 2 * Math.PI;
      const radius =
        middle + swing * Math.cos(lobes * angle + phase) * (0.82 + 0.18 * Math.cos(3 * lobes * angle - phase));
      return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
    });
    return line(path(points, true), color, width, opacity);
  }).join('');
}

/** A braid along a straight side, from one corner to the next; `depth` is half of its width. */
function braid({ from, to, depth, waves, strands, color, width, opacity }) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  const [nx, ny] = [-dy / length, dx / length];
  return Array.from({ length: strands }, (_, strand) => {
    const phase = (2 * Math.PI * strand) / strands;
    const points = steps(waves * 30).map((t) => {
      const turn = 2 * Math.PI * waves * t;
      const offset = depth * (0.66 * Math.sin(turn + phase) + 0.34 * Math.sin(turn * 2 - phase * 2));
      return [from[0] + dx * t + nx * offset, from[1] + dy * t + ny * offset];
    });
    return line(path(points), color, width, opacity);
  }).join('');
}

function frame() {
  const edge = 100;
  const corners = [
    [edge, edge],
    [WIDTH - edge, edge],
    [WIDTH - edge, HEIGHT - edge],
    [edge, HEIGHT - edge],
  ];
  const sides = corners.map((from, i) => {
    const to = corners[(i + 1) % 4];
    const waves = Math.round(Math.hypot(to[0] - from[0], to[1] - from[1]) / 82);
    return (
      braid({ from, to, depth: 34, waves, strands: 9, color: INK, width: 1.5, opacity: 0.8 }) +
      braid({ from, to, depth: 21, waves: waves * 2, strands: 4, color: GOLD, width: 1.4, opacity: 0.85 })
    );
  });
  const bosses = corners.map(
    ([x, y]) =>
      `<circle cx="${x}" cy="${y}" r="66" fill="#fbf8f0"/>` +
      rosette({ x, y, inner: 26, outer: 66, lobes: 12, strands: 10, color: INK, width: 1.5, opacity: 0.85 }) +
      rosette({ x, y, inner: 8, outer: 30, lobes: 8, strands: 6, color: GOLD, width: 1.5, opacity: 0.95 }),
  );
  const rule = (inset, color, width) =>
    `<rect x="${inset}" y="${inset}" width="${WIDTH - 2 * inset}" height="${HEIGHT - 2 * inset}" fill="none" stroke="${color}" stroke-width="${width}"/>`;
  return rule(54, INK, 4) + rule(146, GOLD, 2.4) + rule(154, GOLD, 1) + sides.join('') + bosses.join('');
}

/** The pale rosette under the text. */
function watermark() {
  const centre = { x: WIDTH / 2, y: 770 };
  return [
    rosette({ ...centre, inner: 250, outer: 540, lobes: 18, strands: 14, color: INK, width: 1.3, opacity: 0.1 }),
    rosette({ ...centre, inner: 14, outer: 270, lobes: 12, strands: 12, color: GOLD, width: 1.3, opacity: 0.14 }),
  ].join('');
}

const svg = (width, height, content) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${content}</svg>`;

async function paper() {
  const [light, shade] = [linear('#fdfbf5'), linear('#f3ecdd')];
  const sheet = await paint(WIDTH, HEIGHT, { grain: 1.2, seed: 21 }, (x, y) => {
    const corner = Math.hypot((x - WIDTH / 2) / WIDTH, (y - HEIGHT / 2) / HEIGHT);
    return mixColor(light, shade, smooth(0.15, 0.75, corner) + 0.16 * (fractal(x / 90, y / 90, 3) - 0.5));
  })
    .png({ compressionLevel: 1 })
    .toBuffer();
  await sharp(sheet)
    .composite([{ input: await draw(svg(WIDTH, HEIGHT, watermark() + frame())) }])
    .webp({ quality: 66, effort: 6, smartSubsample: true })
    .toFile(await assetFile('course-certificate', 'paper.webp'));
}

async function seal() {
  const size = 360;
  const centre = size / 2;
  const scallops = steps(720).map((t) => {
    const angle = t * 2 * Math.PI;
    const radius = 150 + 5 * Math.cos(44 * angle);
    return [centre + radius * Math.cos(angle), centre - 14 + radius * Math.sin(angle)];
  });
  const at = { x: centre, y: centre - 14 };
  const gold = svg(
    size,
    size,
    `<defs>
      <linearGradient id="leaf" x1="0.1" y1="0" x2="0.9" y2="1"><stop offset="0" stop-color="#f4dfa4"/><stop offset="0.3" stop-color="#d2aa5c"/><stop offset="0.52" stop-color="#f0d794"/><stop offset="0.78" stop-color="#b58a40"/><stop offset="1" stop-color="#dcb868"/></linearGradient>
      <linearGradient id="well" x1="0.9" y1="1" x2="0.1" y2="0"><stop offset="0" stop-color="#f1d896"/><stop offset="1" stop-color="#b88d43"/></linearGradient>
    </defs>
    <path d="${path(scallops, true)}" fill="url(#leaf)" stroke="#9a7433" stroke-width="1.5"/>
    ${rosette({ ...at, inner: 98, outer: 140, lobes: 24, strands: 8, color: '#8a662a', width: 0.9, opacity: 0.5 })}
    <circle cx="${at.x}" cy="${at.y}" r="92" fill="url(#well)" stroke="#8f6b2e" stroke-width="2"/>
    <circle cx="${at.x}" cy="${at.y}" r="84" fill="none" stroke="#f8e8b8" stroke-width="1.5" stroke-opacity="0.8"/>
    ${rosette({ ...at, inner: 50, outer: 80, lobes: 18, strands: 6, color: '#8a662a', width: 0.8, opacity: 0.32 })}`,
  );
  const cast = svg(size, size, `<circle cx="${at.x}" cy="${at.y + 9}" r="148" fill="#3a2c10" fill-opacity="0.42"/>`);
  await sharp(await draw(cast, 9))
    .composite([{ input: await draw(gold) }])
    .webp({ quality: 88, effort: 6 })
    .toFile(await assetFile('course-certificate', 'seal.webp'));
}

/** Paper with an engraved frame, and a gold seal. */
export async function certificate() {
  await paper();
  await seal();
}
