import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { places } from './places.ts';

/** The file name of an emoji: its code points in hex, without the variation selectors that fonts and lists disagree on. */
export const emojiFile = (text: string): string =>
  `${Array.from(text, (char) => (char.codePointAt(0) ?? 0).toString(16))
    .filter((code) => code !== 'fe0f')
    .join('-')}.svg`;

const SKIN_TONES = /[\u{1f3fb}-\u{1f3ff}]/gu;

const FLAG = /^\p{Regional_Indicator}{2}$/u;

/**
 * An emoji's drawing as SVG; a sequence this build does not know gives its nearest simpler form, undefined when none. The
 * flag of a country is drawn as the two letters it is written with.
 */
export async function emojiSvg(text: string): Promise<Buffer | undefined> {
  if (FLAG.test(text)) {
    const [first, second] = await Promise.all(Array.from(text, emojiSvg));
    return first && second && sideBySide(first, second);
  }
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

function sideBySide(...halves: Buffer[]): Buffer {
  const placed = halves.map((svg, i) => {
    const [head = '', ...body] = svg.toString().split('>');
    const viewBox = /viewBox="[^"]*"/.exec(head)?.[0] ?? '';
    return [`<svg x="${64 * i}" y="28" width="64" height="64" ${viewBox}`, ...body].join('>');
  });
  const size = 'viewBox="0 0 128 128" width="128" height="128"';
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${size}>${placed.join('')}</svg>`,
  );
}
