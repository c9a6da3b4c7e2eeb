import { readFileSync, writeFileSync } from 'node:fs';
import { createFontSet, type FontSet, writeCoverage } from '../paint/text/coverage.ts';
import { FAMILIES } from '../paint/text/families.ts';
import { fontFiles } from './fonts.ts';
import { places } from './places.ts';
import { codePointsOf } from './sfnt.ts';

/** Writes down what letters every bundled family has, for `bundledFonts` and for browsers. */
export function writeBundledCoverage(): void {
  const files = fontFiles();
  // The fonts of a family have the same letters.
  const written = FAMILIES.map((family) => {
    const path = files.find((file) => file.family === family)?.path ?? '';
    return [family, writeCoverage(codePointsOf(readFileSync(path)))];
  });
  writeFileSync(places.coverage, JSON.stringify(Object.fromEntries(written)));
}

/** The letters of every bundled family, as `writeCoverage` writes them. */
export const readBundledCoverage = (): Record<string, string> => JSON.parse(readFileSync(places.coverage, 'utf8'));

let bundled: FontSet | undefined;

/** The bundled families by their letters. */
export function bundledFonts(): FontSet {
  bundled ??= createFontSet(readBundledCoverage());
  return bundled;
}
