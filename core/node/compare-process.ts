import pixelmatch from 'pixelmatch';
import type { Compared, Pair } from './compare.ts';
import { sharp } from './native.ts';

type Pixels = { readonly data: Buffer; readonly width: number; readonly height: number };

// A pixel that differs less than this share of the way from black to white is the same to the eye.
const THRESHOLD = 0.05;

/** RGBA pixels on a sheet of the given size, transparent where the picture does not reach. */
async function place(picture: Uint8Array, width: number, height: number): Promise<Pixels> {
  const { width: own = width, height: ownHeight = height } = await sharp(picture).metadata();
  const data = await sharp(picture)
    .ensureAlpha()
    .extend({ right: width - own, bottom: height - ownHeight, background: '#00000000' })
    .raw()
    .toBuffer();
  return { data, width, height };
}

async function compare({ before, after }: Pair): Promise<Compared> {
  const sizes = await Promise.all([before, after].map((picture) => sharp(picture).metadata()));
  const width = Math.max(...sizes.map((size) => size.width ?? 1));
  const height = Math.max(...sizes.map((size) => size.height ?? 1));
  const [a, b] = await Promise.all([place(before, width, height), place(after, width, height)]);
  const marks = Buffer.alloc(a.data.length);
  const changed = pixelmatch(a.data, b.data, marks, width, height, { threshold: THRESHOLD, includeAA: true });
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += Math.abs((a.data[i] as number) - (b.data[i] as number));
  const picture = await sharp(marks, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
  return { changed: changed / (width * height), mean: sum / (a.data.length * 255), picture };
}

// One pair at a time, as they are sent; ends with its parent.
process.on('message', async (pair: Pair) => {
  process.send?.(await compare(pair));
});
process.on('disconnect', () => process.exit(0));
