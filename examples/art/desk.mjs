import sharp from 'sharp';
import { createRandom, fractal, noise } from './noise.mjs';
import { assetFile, draw, linear, mix, mixColor, paint, smooth } from './raster.mjs';

// A desk by a window, seen from above: oak, a sheet of note paper, coffee, a pencil, and a plant's shadow over it all.
const [WIDTH, HEIGHT] = [1200, 800];
/** The sheet as the template's text lies on it: its middle, its size and its turn, in picture pixels and degrees. */
const SHEET = { x: 474, y: 402, width: 764, height: 700, turn: -2.2 };

const svg = (content) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">${content}</svg>`;

function oak(x, y) {
  const board = Math.floor((y + 60) / 250);
  const within = (y + 60 - board * 250) / 250;
  const along = x / 900 + board * 7.3;
  const bend = fractal(along * 0.9, y / 300 + board * 3, 3) * 2.6;
  const rings = fractal(along * 0.7 + bend * 0.15, (y / 26 + bend * 3.2) * 0.8 + board * 11, 4, 0.6);
  const pores = noise(x / 34 + board * 5, y * 0.9) ** 5;
  const warmth = fractal(x / 700 + board * 2.1, y / 500, 2);
  let color = mixColor(linear('#d6bc98'), linear('#b08a60'), smooth(0.3, 0.72, rings));
  color = mixColor(color, linear('#8f6b48'), pores * 0.5);
  color = mixColor(color, linear('#e4cfb0'), warmth * 0.3);
  const gap = Math.min(within, 1 - within) * 250;
  return color.map((channel) => channel * mix(0.45, 1, smooth(0, 2.4, gap)));
}

const sheetAt = (dx, dy, color, opacity = 1) =>
  `<g transform="rotate(${SHEET.turn} ${SHEET.x} ${SHEET.y})"><rect x="${SHEET.x - SHEET.width / 2 + dx}" y="${SHEET.y - SHEET.height / 2 + dy}" width="${SHEET.width}" height="${SHEET.height}" rx="3" fill="${color}" fill-opacity="${opacity}"/></g>`;

function cup(x, y) {
  return `<defs>
    <radialGradient id="saucer" cx="0.38" cy="0.34" r="0.75"><stop offset="0" stop-color="#fffdf9"/><stop offset="0.7" stop-color="#efe8dc"/><stop offset="1" stop-color="#cfc3b1"/></radialGradient>
    <radialGradient id="rim" cx="0.4" cy="0.36" r="0.7"><stop offset="0" stop-color="#ffffff"/><stop offset="0.8" stop-color="#f2ece2"/><stop offset="1" stop-color="#d3c8b8"/></radialGradient>
    <radialGradient id="coffee" cx="0.62" cy="0.64" r="0.75"><stop offset="0" stop-color="#a4714a"/><stop offset="0.55" stop-color="#7a4b2c"/><stop offset="1" stop-color="#472714"/></radialGradient>
  </defs>
  <circle cx="${x}" cy="${y}" r="158" fill="url(#saucer)"/>
  <circle cx="${x}" cy="${y}" r="118" fill="none" stroke="#d8cdbc" stroke-width="3" stroke-opacity="0.8"/>
  <path d="M${x + 62} ${y + 62} l44 44 a15 15 0 0 1 -22 22 l-44 -44 z" fill="#ece4d8" stroke="#cbbfae" stroke-width="2"/>
  <circle cx="${x}" cy="${y}" r="96" fill="url(#rim)"/>
  <circle cx="${x}" cy="${y}" r="84" fill="#cabda9"/>
  <circle cx="${x + 1}" cy="${y + 2}" r="80" fill="url(#coffee)"/>
  <path d="M${x - 66} ${y - 26} A72 72 0 0 1 ${x + 8} ${y - 70}" fill="none" stroke="#e9c79c" stroke-width="3" stroke-opacity="0.55" stroke-linecap="round"/>
  <circle cx="${x - 34}" cy="${y + 46}" r="5" fill="none" stroke="#d9ae80" stroke-width="1.6" stroke-opacity="0.7"/>
  <circle cx="${x - 20}" cy="${y + 57}" r="3" fill="none" stroke="#d9ae80" stroke-width="1.4" stroke-opacity="0.7"/>`;
}

function pencil(x, y, turn) {
  return `<g transform="translate(${x} ${y}) rotate(${turn})">
    <polygon points="-250,0 -206,-11 -206,11" fill="#ecd0a4"/><polygon points="-250,0 -236,-3.6 -236,3.6" fill="#2f2c33"/>
    <rect x="-206" y="-11" width="400" height="7.4" fill="#2c6a72"/><rect x="-206" y="-3.8" width="400" height="7.6" fill="#1f535c"/><rect x="-206" y="3.6" width="400" height="7.4" fill="#17414a"/>
    <rect x="194" y="-11.5" width="30" height="23" fill="#d8c9a4"/><rect x="194" y="-11.5" width="30" height="7" fill="#f2e8cc"/>
    <path d="M224 -10 h16 a9 10 0 0 1 0 20 h-16 z" fill="#d9837a"/></g>`;
}

/** Fronds of a palm just out of the picture; what matters is only their shadow. */
function fronds() {
  const random = createRandom(77);
  const leaf = (x, y, length, turn, width) =>
    `<path transform="translate(${x.toFixed(0)} ${y.toFixed(0)}) rotate(${turn.toFixed(1)})" d="M0 0 C${length * 0.3} ${-width} ${length * 0.75} ${-width * 0.8} ${length} 0 C${length * 0.75} ${width * 0.5} ${length * 0.3} ${width * 0.6} 0 0 Z"/>`;
  const frond = (x, y, turn, length) => {
    const at = (t) => {
      const angle = ((turn + 24 * t) * Math.PI) / 180;
      return [x + Math.cos(angle) * length * t, y + Math.sin(angle) * length * t];
    };
    const leaves = Array.from({ length: 17 }, (_, i) => {
      const t = (i + 2) / 19;
      const along = turn + 48 * t;
      const size = length * 0.44 * (1 - 0.6 * t) * mix(0.85, 1.12, random());
      const open = 58 - 30 * t;
      return leaf(...at(t), size, along + open, 15) + leaf(...at(t), size, along - open, 15);
    });
    const stem = `<polyline points="${Array.from({ length: 21 }, (_, i) =>
      at(i / 20)
        .map((n) => n.toFixed(0))
        .join(','),
    ).join(' ')}" fill="none" stroke="#3a2817" stroke-width="7"/>`;
    return stem + leaves.join('');
  };
  return svg(`<g fill="#3a2817">${frond(1330, -180, 122, 820)}${frond(1400, 250, 158, 700)}</g>`);
}

/** Light from a window at the upper left, as a brightness over the whole desk. */
const daylight = () =>
  svg(
    `<defs><linearGradient id="day" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#ffffff"/><stop offset="0.55" stop-color="#f6eee4"/><stop offset="1" stop-color="#c9b29b"/></linearGradient></defs><rect width="${WIDTH}" height="${HEIGHT}" fill="url(#day)"/>`,
  );

async function desk() {
  const wood = await paint(WIDTH, HEIGHT, { grain: 4, seed: 51 }, oak).png({ compressionLevel: 1 }).toBuffer();
  const soft = async (content, blur, opacity) => ({
    input: await draw(svg(`<g opacity="${opacity}">${content}</g>`), blur),
    blend: 'multiply',
  });
  const dark = (content) => content.replaceAll(/fill="[^"]*"/g, 'fill="#2a1a0c"');
  await sharp(wood)
    .composite([
      await soft(sheetAt(16, 26, '#2a1a0c'), 22, 0.5),
      await soft(sheetAt(4, 6, '#2a1a0c'), 5, 0.45),
      await soft('<circle cx="1068" cy="214" r="156" fill="#2a1a0c"/>', 20, 0.55),
      await soft(dark(pencil(1042, 546, 62)), 7, 0.5),
      { input: await draw(svg(sheetAt(0, 0, '#fdfaf3'))) },
      { input: await draw(svg(cup(1044, 186))) },
      { input: await draw(svg(pencil(1030, 532, 62)), 0.4) },
      { input: await draw(daylight()), blend: 'multiply' },
      {
        input: await sharp(await draw(fronds(), 10))
          .composite([
            {
              input: Buffer.from([0, 0, 0, 58]),
              raw: { width: 1, height: 1, channels: 4 },
              tile: true,
              blend: 'dest-in',
            },
          ])
          .png()
          .toBuffer(),
        blend: 'multiply',
      },
    ])
    .jpeg({ quality: 86, mozjpeg: true })
    .toFile(await assetFile('outreach-card', 'desk.jpg'));
}

/** A loop of marker pen, to go round a figure: it starts late, overshoots, and never quite closes. */
async function loop() {
  const [width, height] = [420, 220];
  const point = (t) => {
    const angle = -2.5 + t * Math.PI * 2 * 1.12;
    const wander = 1 + 0.045 * Math.sin(t * 5.1 + 1) - 0.06 * t;
    return [width / 2 + 190 * wander * Math.cos(angle), height / 2 + 3 + 92 * wander * Math.sin(angle + 0.06)];
  };
  const strokes = Array.from({ length: 160 }, (_, i) => {
    const [from, to] = [point(i / 160), point((i + 1) / 160)];
    const weight = mix(5.4, 8.2, 0.5 + 0.5 * Math.sin(i / 23)) * smooth(0, 8, i + 2) * smooth(164, 140, i);
    return `<line x1="${from[0].toFixed(1)}" y1="${from[1].toFixed(1)}" x2="${to[0].toFixed(1)}" y2="${to[1].toFixed(1)}" stroke-width="${weight.toFixed(2)}"/>`;
  });
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><g stroke="#e4572e" stroke-opacity="1" stroke-linecap="round">${strokes.join('')}</g></svg>`;
  await sharp(await draw(drawn, 0.4))
    .png({ palette: true, colours: 32 })
    .toFile(await assetFile('outreach-card', 'loop.png'));
}

/** A paper plane in ballpoint, for companies without a logo. */
async function doodle() {
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120" width="240" height="240">
    <g fill="none" stroke="#27407c" stroke-width="3.4" stroke-linecap="round" stroke-linejoin="round">
      <path d="M109 13 C78 25 42 41 9 57 C20 61 31 66 42 71 C64 52 86 33 109 13 Z"/>
      <path d="M110 14 C103 41 96 66 88 92 C73 86 58 79 43 72 C45 83 47 92 50 103 C54 97 59 91 64 84"/>
      <path d="M52 102 C55 94 58 87 62 80"/>
      <path d="M6 84 C12 81 18 79 24 79 M14 101 C20 97 26 95 33 94" stroke-width="2.8"/>
    </g></svg>`;
  await sharp(await draw(drawn, 0.4))
    .png({ palette: true, colours: 32 })
    .toFile(await assetFile('outreach-card', 'doodle.png'));
}

/** The mark of the made-up company in the preview. */
async function northwind() {
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120" width="240" height="240">
    <defs><linearGradient id="a" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#1f7a8c"/><stop offset="1" stop-color="#0f4c5c"/></linearGradient></defs>
    <circle cx="60" cy="60" r="54" fill="url(#a)"/>
    <path d="M26 76 C44 72 52 52 50 26 C70 42 70 66 26 76 Z" fill="#ffffff"/>
    <path d="M38 86 C66 82 80 62 74 36 C98 56 86 88 38 86 Z" fill="#f4b860"/></svg>`;
  await sharp(await draw(drawn))
    .png({ compressionLevel: 9 })
    .toFile(await assetFile('outreach-card', 'northwind.png'));
}

/** The desk of the outreach card, the pen's loop around its figure, and what may stand at the head of the note. */
export async function outreach() {
  await desk();
  await loop();
  await doodle();
  await northwind();
}
