import type { Face } from './font.ts';

/** The letters of one font family, by code point. */
export type Coverage = { has(codePoint: number): boolean };

/** The font families pictures are set in, in the order they are asked for a letter that a text's own family lacks. */
export type FontSet = {
  readonly families: readonly string[];
  /** What a family has; undefined for one that is not there. */
  coverage(family: string): Coverage | undefined;
  /** The face under which a canvas knows one. */
  faceOf(face: Face): Face;
  /** Cuts a text into what a canvas sets on its line in one go; all of it where there is no such limit. */
  cut?(text: string): readonly string[];
};

/** Code points as text: for each stretch its distance from the end of the one before and its length less 1, in base 36. */
export function writeCoverage(codePoints: Iterable<number>): string {
  const stretches: [first: number, last: number][] = [];
  for (const point of [...new Set(codePoints)].sort((a, b) => a - b)) {
    const stretch = stretches.at(-1);
    if (stretch && stretch[1] === point - 1) stretch[1] = point;
    else stretches.push([point, point]);
  }
  let end = 0;
  return stretches
    .map(([first, last]) => {
      const distance = (first - end).toString(36);
      end = last;
      return last > first ? `${distance}-${(last - first).toString(36)}` : distance;
    })
    .join(' ');
}

/** Reads what `writeCoverage` wrote. */
export function readCoverage(written: string): Coverage {
  const bits = new Uint8Array(0x110000 / 8);
  let at = 0;
  for (const stretch of written === '' ? [] : written.split(' ')) {
    const [distance = '', more = '0'] = stretch.split('-');
    at += Number.parseInt(distance, 36);
    const last = at + Number.parseInt(more, 36);
    for (; ; at++) {
      bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
      if (at === last) break;
    }
  }
  const used = bits.slice(0, (at >> 3) + 1);
  return { has: (point) => ((used[point >> 3] ?? 0) & (1 << (point & 7))) !== 0 };
}

/** The bundled families by what `writeCoverage` wrote of each, read when they are first asked for. */
export function createFontSet(written: Readonly<Record<string, string>>): FontSet {
  const read = new Map<string, Coverage>();
  return {
    families: Object.keys(written),
    faceOf: (face) => face,
    coverage(family) {
      const found = read.get(family);
      if (found) return found;
      const ranges = Object.hasOwn(written, family) ? written[family] : undefined;
      if (ranges === undefined) return undefined;
      const coverage = readCoverage(ranges);
      read.set(family, coverage);
      return coverage;
    },
  };
}
