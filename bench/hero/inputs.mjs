// Makes photo.jpg and avatar.jpg: pictures with the weight and grain of photographs, drawn from arithmetic alone.
// They are kept in the repository, so this runs only when somebody changes the benchmark on purpose.
import sharp from 'sharp';

const here = (name) => new URL(name, import.meta.url).pathname;

/** A repeatable source of numbers in [0, 1): Lehmer's generator, so that two runs paint the same grain. */
const createGrain = (seed) => {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
};

const mix = (a, b, t) => a.map((value, i) => value + (b[i] - value) * t);
const smooth = (from, to, value) => {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
};

const paint = (width, height, colorAt) => {
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const color = colorAt(x / width, y / height);
      const at = (y * width + x) * 3;
      for (let i = 0; i < 3; i++) pixels[at + i] = Math.round(Math.min(255, Math.max(0, color[i])));
    }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
};

const ridge = (x, seed) =>
  0.6 * Math.sin(x * 5.1 + seed) + 0.3 * Math.sin(x * 13.7 + seed * 2.3) + 0.1 * Math.sin(x * 41 + seed * 5.9);

/** Dusk over water: sky, sun, three ranges of hills and their glitter on the sea, under a film's grain. */
const createPhoto = () => {
  const grain = createGrain(20260);
  return paint(1600, 900, (x, y) => {
    const noise = (grain() - 0.5) * 10;
    const sun = Math.hypot((x - 0.72) * 1.78, y - 0.36);
    let color = mix([38, 62, 120], [246, 168, 116], smooth(0, 0.6, y));
    color = mix(color, [255, 236, 196], 0.9 * (1 - smooth(0.05, 0.075, sun)) + 0.45 * (1 - smooth(0.05, 0.5, sun)));
    for (const [level, tone] of [
      [0.44, [150, 110, 132]],
      [0.5, [98, 78, 116]],
      [0.56, [52, 50, 88]],
    ])
      color = mix(color, tone, smooth(-0.004, 0.004, y - level + 0.045 * ridge(x, level * 37)));
    if (y > 0.62) {
      const wave = Math.sin(y * y * 420 + 3 * Math.sin(x * 19 + y * 60)) * Math.sin(x * 70 + y * 190);
      const glitter = smooth(0.2, 0.9, wave) * (1 - smooth(0.02, 0.34, Math.abs(x - 0.72)));
      color = mix(mix([64, 74, 118], [24, 34, 70], smooth(0.62, 1, y)), [255, 206, 150], 0.5 * glitter + 0.05 * wave);
    }
    return color.map((value) => value + noise);
  })
    .blur(2)
    .jpeg({ quality: 84 });
};

/** A person from the shoulders up, as soft as a phone's portrait mode. */
const createAvatar = () => {
  const grain = createGrain(815);
  return paint(400, 400, (x, y) => {
    const noise = (grain() - 0.5) * 16;
    let color = mix([236, 178, 120], [120, 150, 170], smooth(0, 1, y * 0.7 + x * 0.4));
    const inside = (cx, cy, rx, ry) => 1 - smooth(0.97, 1.03, Math.hypot((x - cx) / rx, (y - cy) / ry));
    color = mix(color, [44, 30, 34], inside(0.5, 0.46, 0.27, 0.33));
    color = mix(color, [36, 84, 104], inside(0.5, 1.08, 0.42, 0.36));
    color = mix(color, [176, 112, 84], inside(0.5, 0.74, 0.1, 0.16));
    color = mix(color, mix([214, 148, 112], [176, 112, 86], smooth(0.35, 0.68, x)), inside(0.5, 0.48, 0.185, 0.235));
    color = mix(color, [44, 30, 34], inside(0.5, 0.25, 0.23, 0.12));
    for (const eye of [0.43, 0.57]) color = mix(color, [40, 28, 30], inside(eye, 0.47, 0.018, 0.014));
    color = mix(color, [150, 62, 66], inside(0.5, 0.605, 0.06, 0.018));
    return color.map((value) => value + noise);
  })
    .blur(1.2)
    .jpeg({ quality: 84 });
};

await createPhoto().toFile(here('photo.jpg'));
await createAvatar().toFile(here('avatar.jpg'));
