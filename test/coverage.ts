import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import '../core/node/native.ts';
import { fontFiles } from '../core/node/fonts.ts';
import { places } from '../core/node/places.ts';

/**
 * The code points of one TrueType file, read from its `cmap` table (formats 4 and 12, as the OpenType specification has
 * them), independently of the libraries that draw.
 */
export function codePointsOf(file: Buffer): Set<number> {
  const points = new Set<number>();
  for (let i = 0; i < file.readUInt16BE(4); i++) {
    const record = 12 + i * 16;
    if (file.toString('latin1', record, record + 4) !== 'cmap') continue;
    const cmap = file.readUInt32BE(record + 8);
    for (let j = 0; j < file.readUInt16BE(cmap + 2); j++)
      addSubtable(points, file, cmap + file.readUInt32BE(cmap + 8 + j * 8));
  }
  return points;
}

function addSubtable(points: Set<number>, file: Buffer, at: number): void {
  const format = file.readUInt16BE(at);
  if (format === 12) {
    for (let group = 0; group < file.readUInt32BE(at + 12); group++) {
      const [first, last] = [file.readUInt32BE(at + 16 + group * 12), file.readUInt32BE(at + 20 + group * 12)];
      for (let point = first; point <= last; point++) points.add(point);
    }
  }
  if (format === 4) {
    const segments = file.readUInt16BE(at + 6);
    for (let segment = 0; segment < segments; segment += 2) {
      const [last, first] = [file.readUInt16BE(at + 14 + segment), file.readUInt16BE(at + 16 + segments + segment)];
      for (let point = first; point <= last && point < 0xffff; point++) points.add(point);
    }
  }
}

/** The file of a bundled font. */
export function fontFile(family: string, weight = 400, italic = false): Buffer {
  const file = fontFiles().find((each) => each.family === family && each.weight === weight && each.italic === italic);
  return readFileSync(file?.path ?? '');
}

/** The code points of a bundled family's first font. */
export const fontPoints = (family: string): Set<number> => codePointsOf(fontFile(family));

/** Every code point one of the bundled fonts can draw; the fonts are those the renderer itself is pointed at. */
export function coveredCodePoints(): Set<number> {
  const config = readFileSync(join(places.fonts, 'fonts.conf'), 'utf8');
  const covered = new Set<number>();
  for (const [, folder = ''] of config.matchAll(/<dir>([^<]+)<\/dir>/g))
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.ttf')) for (const point of codePointsOf(readFileSync(join(folder, name)))) covered.add(point);
  return covered;
}
