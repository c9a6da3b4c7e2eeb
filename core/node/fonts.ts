import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Family } from '../paint/text/families.ts';
import { packageFolder, places } from './places.ts';

/** Where each bundled family's files come from: an npm package and, where it is large, the weights taken. */
const SOURCES = {
  Inter: ['@expo-google-fonts/inter'],
  Nunito: ['@expo-google-fonts/nunito'],
  'Space Grotesk': ['@expo-google-fonts/space-grotesk'],
  'Source Serif 4': ['@expo-google-fonts/source-serif-4'],
  'Playfair Display': ['@expo-google-fonts/playfair-display'],
  'Roboto Slab': ['@expo-google-fonts/roboto-slab'],
  'JetBrains Mono': ['@expo-google-fonts/jetbrains-mono'],
  'Bebas Neue': ['@expo-google-fonts/bebas-neue'],
  Caveat: ['@expo-google-fonts/caveat'],
  'Noto Sans Arabic': ['@expo-google-fonts/noto-sans-arabic', '400Regular', '700Bold'],
  'Noto Sans Hebrew': ['@expo-google-fonts/noto-sans-hebrew', '400Regular', '700Bold'],
  'Noto Sans Devanagari': ['@expo-google-fonts/noto-sans-devanagari', '400Regular', '700Bold'],
  'Noto Sans Thai': ['@expo-google-fonts/noto-sans-thai', '400Regular', '700Bold'],
  'Noto Sans SC': ['@expo-google-fonts/noto-sans-sc', '400Regular', '700Bold'],
  'Noto Sans JP': ['@expo-google-fonts/noto-sans-jp', '400Regular', '700Bold'],
  'Noto Sans KR': ['@expo-google-fonts/noto-sans-kr', '400Regular', '700Bold'],
} satisfies Record<Family, readonly [name: string, ...weights: string[]]>;

/** The folders fontconfig may look in; no font outside them is ever seen. */
const folders = (): string[] =>
  Object.values(SOURCES).flatMap(([name = '', ...weights]) => {
    const folder = packageFolder(name);
    return weights.length ? weights.map((weight) => join(folder, weight)) : [folder];
  });

/**
 * One bundled font: its weight as CSS counts them, the weights it is taken for (lightest and heaviest), upright or italic,
 * and its TTF file on this machine.
 */
export type FontFile = {
  readonly family: string;
  readonly weight: number;
  readonly takenFor: readonly [from: number, to: number];
  readonly italic: boolean;
  readonly path: string;
};

/** Every font that pictures are drawn with. Packages keep one file a folder, such as `700Bold_Italic`. */
export const fontFiles = (): FontFile[] =>
  Object.entries(SOURCES).flatMap(([family, [name, ...weights]]) => {
    const folder = packageFolder(name);
    const cuts = readdirSync(folder).filter(
      (cut) => /^\d{3}\D/.test(cut) && (weights.length === 0 || weights.includes(cut)),
    );
    const known = [...new Set(cuts.map(weightOf))].sort((a, b) => a - b);
    return cuts.map((cut) => {
      const file = readdirSync(join(folder, cut)).find((each) => each.endsWith('.ttf')) ?? '';
      const weight = weightOf(cut);
      const [lighter, heavier] = [known[known.indexOf(weight) - 1], known[known.indexOf(weight) + 1]];
      return {
        ...{ family, weight, italic: cut.endsWith('_Italic'), path: join(folder, cut, file) },
        takenFor: [lighter ? lastOf(lighter, weight) + 1 : 1, heavier ? lastOf(weight, heavier) : 1000],
      };
    });
  });

const weightOf = (cut: string): number => Number.parseInt(cut, 10);

/** Up to which weight fontconfig takes the lighter of two: half-way, in a scale of its own that is uneven at one place. */
const lastOf = (lighter: number, heavier: number): number =>
  lighter === 300 && heavier === 400 ? 365 : (lighter + heavier) / 2;

/** Fonts that say in their files, for old programs' sake, that they are bolder than they are; their weights in fontconfig's words. */
const MISTAKEN = {
  ...{ 'Inter Thin': 'thin', 'Inter ExtraLight': 'extralight' },
  ...{ 'Roboto Slab Thin': 'thin', 'Roboto Slab ExtraLight': 'extralight' },
  ...{ 'JetBrains Mono Thin': 'thin', 'JetBrains Mono ExtraLight': 'extralight' },
  ...{ 'Nunito ExtraLight': 'extralight', 'Source Serif 4 ExtraLight': 'extralight' },
};
const mend = ([name, weight]: [string, string]): string =>
  ['', ' Italic']
    .map(
      (slant) => `  <match target="scan">
    <test name="fullname"><string>${name}${slant}</string></test>
    <edit name="weight" mode="assign"><const>${weight}</const></edit>
  </match>`,
    )
    .join('\n');

// Unhinted, grey-scale: widths grow evenly with size, and every machine sets the same letters the same way.
const config = (cache: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
${folders()
  .map((folder) => `  <dir>${folder}</dir>`)
  .join('\n')}
  <cachedir>${cache}</cachedir>
${Object.entries(MISTAKEN).map(mend).join('\n')}
  <match target="font">
    <edit name="antialias" mode="assign"><bool>true</bool></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="hintstyle" mode="assign"><const>hintnone</const></edit>
    <edit name="rgba" mode="assign"><const>none</const></edit>
  </match>
</fontconfig>
`;

/**
 * Points fontconfig at the bundled fonts alone. Has to run before `canvas` is loaded: fontconfig reads its file once.
 * The file names absolute folders, so it is written anew when the product was moved.
 */
export function pinFonts(): void {
  const file = join(places.fonts, 'fonts.conf');
  const wanted = config(join(places.fonts, 'cache'));
  let found = '';
  try {
    found = readFileSync(file, 'utf8');
  } catch {
    // Not built yet, or the first run after an install: written below.
  }
  if (found !== wanted) {
    // What fontconfig remembers of fonts depends on the file, and it would not notice.
    rmSync(join(places.fonts, 'cache'), { recursive: true, force: true });
    mkdirSync(join(places.fonts, 'cache'), { recursive: true });
    writeFileSync(file, wanted);
  }
  process.env.FONTCONFIG_FILE = file;
  process.env.PANGOCAIRO_BACKEND = 'fc';
}
