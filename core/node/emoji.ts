import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { places } from './places.ts';

/** The file name of an emoji: its code points in hex, without the variation selectors that fonts and lists disagree on. */
export const emojiFile = (text: string): string =>
  `${Array.from(text, (char) => (char.codePointAt(0) ?? 0).toString(16))
    .filter((code) => code !== 'fe0f')
    .join('-')}.svg`;

const SKIN_TONES = /[\u{1f3fb}-\u{1f3ff}]/gu;

/** An emoji's drawing as SVG; a sequence this build does not know gives its nearest simpler form, undefined when none. */
export async function emojiSvg(text: string): Promise<Buffer | undefined> {
  const plain = text.replace(SKIN_TONES, '');
  for (const form of new Set([
    text,
    plain,
    plain.split('\u200d')[0] ?? '',
    String.fromCodePoint(text.codePointAt(0) ?? 0),
  ])) {
    try {
      return await readFile(join(places.emoji, emojiFile(form)));
    } catch {
      // Not drawn in this form: the next one.
    }
  }
  return undefined;
}
