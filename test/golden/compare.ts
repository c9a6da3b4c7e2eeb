import { sharp } from '../../core/node/native.ts';

/** A decoded picture: RGBA, four bytes a pixel. */
export type Pixels = { readonly width: number; readonly height: number; readonly data: Uint8Array };

/** How much of an actual picture is not as expected, 0..1, and a picture of where: red over a faded copy. */
export type Comparison = { readonly share: number; readonly difference: Pixels };

// The same build draws the same pixels. Another processor or C library may round the edge of a letter differently: up to
// 12 of 255 goes unseen, and one pixel in a thousand may differ by more before a picture counts as changed.
const UNSEEN = 12;
export const ALLOWED_SHARE = 0.001;

/** Decodes a PNG, or any picture sharp reads. */
export async function decode(bytes: Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** A picture as a PNG as small as can be. */
export const encode = ({ width, height, data }: Pixels): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 4 } })
    .png({ compressionLevel: 9, adaptiveFiltering: true })
    .toBuffer();

/** Compares two pictures pixel by pixel; pictures of different sizes differ entirely. */
export function compare(actual: Pixels, expected: Pixels): Comparison {
  const { width, height } = actual;
  const isSameSize = expected.width === width && expected.height === height;
  const difference = new Uint8Array(actual.data.length);
  let changed = 0;
  for (let at = 0; at < actual.data.length; at += 4) {
    const isChanged = !isSameSize || distance(actual.data, expected.data, at) > UNSEEN;
    if (isChanged) changed += 1;
    const grey = 255 - (255 - (actual.data[at + 1] ?? 0)) / 4;
    difference.set(isChanged ? [255, 0, 60, 255] : [grey, grey, grey, 255], at);
  }
  return { share: changed / (width * height), difference: { width, height, data: difference } };
}

// What lies under a transparent pixel cannot be seen, so colours count by how much of them shows.
function distance(a: Uint8Array, b: Uint8Array, at: number): number {
  const [alphaA, alphaB] = [a[at + 3] ?? 0, b[at + 3] ?? 0];
  let most = Math.abs(alphaA - alphaB);
  for (let i = at; i < at + 3; i++) most = Math.max(most, Math.abs((a[i] ?? 0) * alphaA - (b[i] ?? 0) * alphaB) / 255);
  return most;
}

/**
 * Only the pixels of a picture that are not in `base`, the others cleared: the samples' backgrounds are photographic, and
 * one copy of each is enough to keep.
 */
export function without(base: Pixels, { width, height, data }: Pixels): Pixels {
  const kept = new Uint8Array(data);
  for (let at = 0; at < data.length; at += 4)
    if ([0, 1, 2, 3].every((i) => data[at + i] === base.data[at + i])) kept.fill(0, at, at + 4);
  return { width, height, data: kept };
}

/** The picture that `without` took apart; it must not be clear where `base` is not. */
export function onto(base: Pixels, { width, height, data }: Pixels): Pixels {
  const whole = new Uint8Array(data);
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 0) whole.set(base.data.subarray(at, at + 4), at);
  return { width, height, data: whole };
}
