import { straighten } from './pixels.ts';

/** The most colours of a palette. */
const MOST = 256;
/** Places for colours: enough more than there are for one to be found at once. */
const PLACES = 1024;

/** The colours of a picture, in the order they were met. */
export type Palette = {
  /** Rows of places in the palette, each with PNG's empty filter before it; undefined once there are more than 256 colours. */
  index(pixels: Buffer, width: number): Uint8Array | undefined;
  copy(): Palette;
  /** What a PNG says of its palette: the colours, and how opaque they are where not all are. */
  entries(): (readonly [type: 'PLTE' | 'tRNS', data: Uint8Array])[];
};

/** Makes an empty palette, of premultiplied BGRA. */
export const createPalette = (): Palette => paletteOf(new Uint32Array(PLACES), new Int16Array(PLACES).fill(-1), []);

function paletteOf(colors: Uint32Array, numbers: Int16Array, list: number[]): Palette {
  /** Where a colour is or would be put: from the place that its bits give on to the next that is free. */
  const placeOf = (color: number): number => {
    let place = (Math.imul(color, 0x9e3779b1) >>> 22) % PLACES;
    while ((numbers[place] as number) >= 0 && colors[place] !== color) place = (place + 1) % PLACES;
    return place;
  };
  return {
    index(pixels, width) {
      const all = new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length / 4);
      const rows = new Uint8Array(all.length + all.length / width);
      let [last, number] = [-1, 0];
      for (let from = 0, to = 0; from < all.length; from++) {
        if (from % width === 0) to++;
        const color = all[from] as number;
        if (color !== last) {
          const place = placeOf(color);
          if ((numbers[place] as number) < 0) {
            if (list.length === MOST) return undefined;
            colors[place] = color;
            numbers[place] = list.push(color) - 1;
          }
          [last, number] = [color, numbers[place] as number];
        }
        rows[to++] = number;
      }
      return rows;
    },
    copy: () => paletteOf(colors.slice(), numbers.slice(), list.slice()),
    entries() {
      const straight = straighten(Buffer.from(Uint32Array.from(list).buffer), 4);
      const [color, alpha] = [new Uint8Array(list.length * 3), new Uint8Array(list.length)];
      for (let i = 0; i < list.length; i++) {
        color.set(straight.subarray(i * 4, i * 4 + 3), i * 3);
        alpha[i] = straight[i * 4 + 3] as number;
      }
      const isOpaque = alpha.every((value) => value === 255);
      return isOpaque
        ? [['PLTE', color]]
        : [
            ['PLTE', color],
            ['tRNS', alpha],
          ];
    },
  };
}
