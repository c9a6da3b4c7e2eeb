import sharp from 'sharp';
import { createRandom, fractal, noise } from './noise.mjs';
import { assetFile, clamp, draw, linear, mixColor, paint, smooth } from './raster.mjs';

// A look out over the bay a little before sunset. The sky is a function of direction, the sea a plane whose ripples
// reflect it, so that haze, headlands and the path of light on the water agree with each other.
const WIDE = { width: 1200, height: 600, horizon: 292, focal: 1080 };
const TALL = { width: 1080, height: 1920, horizon: 830, focal: 1000 };
const EYE = 9;
const SUN = unit([0.285, 0.062, 1]);

const ZENITH = linear('#2f4a86');
const MIDDLE = linear('#a9708f');
const LOW = linear('#f09a72');
const GLOW = linear('#ffb87c');
const DEEP = linear('#0a2438');
const CLOUD = linear('#bb8192');
const DISC = linear('#ffedc4');
const SHALLOW = linear('#1d5a6c');

function unit([x, y, z]) {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const add = (color, other, amount) => color.map((channel, i) => channel + other[i] * amount);

/** Headlands, near to far: distance haze, and the height of the ridge by direction. */
const RIDGES = [
  ridge(0.16, '#3a3350', (a) => 0.083 * smooth(0.27, 0.58, a) + 0.012 * (fractal(a * 26, 3, 4) - 0.5)),
  ridge(0.48, '#5d4a66', (a) => 0.06 * smooth(0.06, 0.5, a) + 0.014 * (fractal(a * 19 + 9, 8, 4) - 0.42)),
  ridge(0.72, '#8a6a78', (a) => 0.038 * smooth(0.26, -0.2, a) * smooth(-0.66, -0.24, a) + hills(a)),
];

function hills(angle) {
  return 0.016 * (fractal(angle * 12 + 4, 1, 4) - 0.52);
}

/** A ridge line is asked for at every sample, so it is drawn up once, between 60 degrees to the left and to the right. */
function ridge(haze, tint, heightAt) {
  const line = Float32Array.from({ length: 4096 }, (_, i) => heightAt(i / 1024 - 2));
  return { haze, tint: linear(tint), height: (angle) => line[clamp(Math.round((angle + 2) * 1024), 0, 4095)] };
}

function sky([x, y, z]) {
  const up = Math.max(0, y);
  const near = Math.max(0, dot([x, y, z], SUN));
  let color = mixColor(LOW, MIDDLE, smooth(0, 0.2, up));
  color = mixColor(color, ZENITH, smooth(0.07, 0.46, up));
  // Long bands of cloud, lit from below where they are near the sun.
  const far = 1 / (up + 0.06);
  const cloud =
    smooth(0.5, 0.78, fractal(x * far * 0.75 + 3.1, z * far * 0.26 + up * 9, 6, 0.55)) * smooth(0.01, 0.07, up);
  const lit = mixColor(CLOUD, GLOW, 0.8 * near ** 4);
  color = mixColor(color, lit, cloud * 0.72);
  color = add(color, GLOW, 0.34 * near ** 14 + 0.6 * near ** 130 + 1.1 * near ** 1400);
  return add(color, DISC, 14 * smooth(0.99979, 0.99988, near));
}

function scene(direction) {
  const [x, y, z] = direction;
  let color = sky(direction);
  if (y > 0.12 * z) return color;
  const angle = x / z;
  for (const ridge of [...RIDGES].reverse()) {
    const top = ridge.height(angle);
    if (y / z > top) continue;
    const air = mixColor(LOW, GLOW, Math.max(0, dot(direction, SUN)) ** 8);
    color = mixColor(ridge.tint, air, ridge.haze * (1 - 0.35 * clamp(y / z / Math.max(top, 0.001))));
  }
  return color;
}

/** The slope of the water at a point; ripples finer than a pixel are left to the glint's width. */
function slope(x, z, footprint) {
  const height = (u, v) => {
    let sum = 0;
    let size = 7;
    let weight = 1;
    for (let octave = 0; octave < 6; octave++) {
      const seen = smooth(size * 0.9, size * 0.25, footprint);
      if (seen > 0) sum += (noise(u / (size * 1.9) + octave * 31, v / size + octave * 17) - 0.5) * weight * seen;
      [u, v] = [u * 0.94 - v * 0.34, u * 0.34 + v * 0.94];
      size *= 0.52;
      weight *= 0.56;
    }
    return sum;
  };
  const step = 0.05 + footprint * 0.3;
  const here = height(x, z);
  return [(height(x + step, z) - here) / step, (height(x, z + step) - here) / step];
}

function sea(direction, focal, chance) {
  const [x, y, z] = direction;
  const distance = EYE / -y;
  const footprint = (distance * distance) / (EYE * focal);
  const [sx, sz] = slope(x * distance, z * distance, footprint);
  // What is too fine to be seen as waves still tilts the mirror, each sample its own way.
  const rough = 0.03 + 0.06 * smooth(2, 60, footprint);
  const normal = unit([-sx * 0.4 + chance() * rough * 0.5, 1, -sz * 0.4 + chance() * rough]);
  const facing = Math.max(0.02, -dot(direction, normal));
  const mirror = unit(direction.map((part, i) => part + 2 * facing * normal[i]));
  const reflected = scene([mirror[0], Math.abs(mirror[1]) + 0.01, mirror[2]]);
  const fresnel = 0.02 + 0.98 * (1 - facing) ** 5;
  const body = mixColor(DEEP, SHALLOW, clamp(0.35 + sz * 0.5));
  let color = mixColor(body, reflected, clamp(fresnel * 0.9));
  const off = mirror[0] / mirror[2] - SUN[0] / SUN[2];
  color = add(color, GLOW, 0.26 * Math.exp(-((off / 0.09) ** 2)));
  return mixColor(color, LOW, smooth(300, 2600, distance) * 0.3);
}

/** A film's shoulder, and a little more colour than the light had. */
function develop(light) {
  const value = light.map((channel) => channel * 0.62);
  const grey = value[0] * 0.25 + value[1] * 0.6 + value[2] * 0.15;
  return value.map((channel) => {
    const rich = Math.max(0, grey + (channel - grey) * 1.02);
    return (rich * (2.51 * rich + 0.03)) / (rich * (2.43 * rich + 0.59) + 0.14);
  });
}

const random = createRandom(5);
const chance = () => random() + random() + random() - 1.5;

const shadeOf =
  ({ width, height, horizon, focal }) =>
  (x, y) => {
    const direction = unit([(x - width / 2) / focal, (horizon - y) / focal, 1]);
    const light = direction[1] >= 0 ? scene(direction) : sea(direction, focal, chance);
    const corner = Math.hypot((x - width * 0.6) / width, (y - height * 0.5) / height);
    return develop(light.map((channel) => channel * (1 - 0.3 * smooth(0.35, 0.85, corner))));
  };

/** A sloop under sail, its water line at (x, y), `size` pixels high. */
const sloop = (x, y, size) => {
  const s = size / 100;
  const point = (dx, dy) => `${(x + dx * s).toFixed(1)},${(y + dy * s).toFixed(1)}`;
  return {
    boat: `<g fill="#2b1f38"><polygon points="${point(-26, -8)} ${point(30, -9)} ${point(22, 0)} ${point(-20, 0)}"/>
      <polygon points="${point(0, -100)} ${point(2, -100)} ${point(2, -8)} ${point(0, -8)}"/></g>
      <path d="M${point(3, -97)} Q${point(24, -50)} ${point(25, -15)} L${point(3, -13)} Z" fill="#f7d3a4"/>
      <path d="M${point(-1, -88)} Q${point(-9, -46)} ${point(-24, -13)} L${point(-1, -13)} Z" fill="#d99b7c"/>`,
    wake: `<polygon points="${point(-20, 1)} ${point(22, 1)} ${point(12, 44)} ${point(-6, 44)}" fill="#3b2a44" opacity="0.55"/>`,
  };
};

/** A view of the bay with a sloop on it, as a JPEG of the sample. */
async function look(view, { at, grain, quality }, file) {
  const { width, height } = view;
  const { boat, wake } = sloop(...at);
  const sheet = (content) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`;
  const water = await paint(width, height, { samples: 3, grain, seed: 11 }, shadeOf(view)).blur(0.55).png().toBuffer();
  await sharp(water)
    .composite([{ input: await draw(sheet(wake), 2.2) }, { input: await draw(sheet(boat), 0.5) }])
    .jpeg({ quality, mozjpeg: true })
    .toFile(await assetFile('summer-rewards-hero', file));
}

/** The bay at golden hour behind the rewards hero, and higher than wide behind its story. */
export async function seaside() {
  await look(WIDE, { at: [772, 303, 50], grain: 4, quality: 86 }, 'bay.jpg');
  await look(TALL, { at: [700, 846, 74], grain: 2, quality: 78 }, 'bay-tall.jpg');
}
