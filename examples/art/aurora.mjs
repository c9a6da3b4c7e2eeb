import sharp from 'sharp';
import { createRandom, fractal } from './noise.mjs';
import { assetFile, clamp, draw, linear, mix, mixColor, paint, smooth } from './raster.mjs';

// Northern lights over a ridge: curtains hang from wandering lines, bright at their lower hem and fading upwards.

const NIGHT = linear('#0a1030');
const DUSK = linear('#243a78');
const curtains = [
  { hem: 0.66, sway: 0.2, seed: 3, hue: [linear('#35f0b0'), linear('#5a5bff')], tall: 0.62, power: 0.8 },
  { hem: 0.56, sway: 0.26, seed: 11, hue: [linear('#3fd6e8'), linear('#a04bff')], tall: 0.55, power: 0.62 },
  { hem: 0.42, sway: 0.16, seed: 23, hue: [linear('#6d7bff'), linear('#ff5fb0')], tall: 0.5, power: 0.5 },
];

function light({ hem, sway, seed, hue, tall, power }, u, v) {
  const line = hem + sway * (fractal(u * 1.6 + seed, seed * 1.7, 3) - 0.5) * 2;
  const above = line - v;
  if (above < -0.06) return [0, 0, 0];
  const fold = fractal(u * 9 + seed * 3 + above * 0.5, above * 0.8 + seed, 3);
  const rays = 0.45 + 0.55 * fractal(u * 46 + seed, above * 0.6, 2);
  const fade = smooth(-0.06, 0.02, above) * Math.exp((-above / tall) * 3.1);
  const strength = power * fade * (0.35 + 1.3 * smooth(0.3, 0.75, fold)) * rays;
  return mixColor(hue[0], hue[1], smooth(0, tall * 0.7, above)).map((channel) => channel * strength);
}

const ridge = (u, base, rough, seed) => base - rough * fractal(u * 3.2 + seed, seed, 5);

const shadeOf = (width, height) => (x, y) => {
  const [u, v] = [x / width, y / height];
  const far = ridge(u, 0.93, 0.28, 5);
  const near = ridge(u, 1.0, 0.3, 9);
  if (v > near) return mixColor(linear('#070b1e'), linear('#0c1430'), clamp((v - near) * 4));
  if (v > far) return mixColor(linear('#13224c'), linear('#1b3a5c'), clamp((v - far) * 5));
  let color = mixColor(NIGHT, DUSK, smooth(0.1, 1, v));
  for (const curtain of curtains) {
    const glow = light(curtain, u, v);
    color = color.map((channel, i) => channel + glow[i]);
  }
  return color.map((channel) => channel / (1 + channel * 0.35));
};

function stars(width, height) {
  const random = createRandom(31);
  const dots = Array.from({ length: 150 }, () => {
    const [x, y, size] = [random() * width, random() ** 1.3 * height * 0.7, mix(0.5, 1.5, random() ** 4)];
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${size.toFixed(2)}" opacity="${mix(0.25, 0.9, random()).toFixed(2)}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><g fill="#fff">${dots.join('')}</g></svg>`;
}

async function sky(width, height, template, quality) {
  const painted = await paint(width, height, { samples: 2, grain: 5, seed: 41 }, shadeOf(width, height))
    .png()
    .toBuffer();
  await sharp(painted)
    .composite([{ input: await draw(stars(width, height)), blend: 'screen' }])
    .jpeg({ quality, mozjpeg: true })
    .toFile(await assetFile(template, 'sky.jpg'));
}

/** The northern sky at the head of the event badge and behind the trip countdown. */
export async function aurora() {
  await sky(840, 560, 'event-badge', 86);
  await sky(1200, 600, 'trip-countdown', 84);
}
