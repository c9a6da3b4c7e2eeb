import { graphemesOf } from '../../template/clean-text.ts';
import type { Bench } from '../surface.ts';
import type { Face } from './font.ts';
import { stretchOf } from './joining.ts';
import type { Run } from './runs.ts';

/**
 * A stretch of a text that letter spacing never comes into, and how far it advances by itself, in em of its face; `spaced`
 * where spacing follows it: not behind what cannot be seen.
 */
export type Unit = { readonly start: number; readonly end: number; readonly advance: number; readonly spaced: boolean };

// Scripts whose letters join: spacing would tear words apart, so that it comes between words alone, as CSS has it.
const JOINING =
  /^[[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mandaic}\p{Script=Mongolian}\p{Script=Phags_Pa}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}]&&[\p{L}\u0640]]/v;
const JOINS = /[\p{L}\p{M}\u0640\u200c\u200d]$/u;
// A letter behind one of these is drawn as one with those before it: older systems end a grapheme there.
const CONJOINING = /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0c4d\u0ccd\u0d4d\u1039\u17d2]\u200d?$/;
const INVISIBLE = /^\p{Default_Ignorable_Code_Point}+$/u;
const SIMPLE = /^[ -~\u00a0-\u024f]*$/;
// What stands nearer to some neighbours than to others; not the letters that melt into one with what comes behind f.
const KERNED = /^(?!f[fijlt])[\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\d.,:;'’"“”!?]{2}$/u;

/** Where a text of one face, or a run of it, may be spaced out: at graphemes, though never within joined letters; kerning stays. */
export function unitsOf(
  text: string,
  face: Face,
  bench: Pick<Bench, 'measure'>,
  run: Pick<Run, 'start' | 'end'> = { start: 0, end: text.length },
): Unit[] {
  const own = text.slice(run.start, run.end);
  const parts = SIMPLE.test(own) ? own.split('') : joinedParts(own);
  let start = 0;
  return parts.map((part, i) => {
    const end = start + part.length;
    const next = parts[i + 1] ?? '';
    const advance = advanceOf(stretchOf(text, run.start + start, run.start + end), next, face, bench);
    const isTorn = next === '' && isJoined(part, text.charAt(run.end));
    const unit = { start, end, advance, spaced: !INVISIBLE.test(part) && !isTorn };
    start = end;
    return unit;
  });
}

/** Whether nothing comes between the end of one stretch and the beginning of the next, as within a joined word. */
const isJoined = (last: string, next: string): boolean => JOINING.test(next) && JOINING.test(last) && JOINS.test(last);

function joinedParts(text: string): string[] {
  const parts: string[] = [];
  for (const grapheme of graphemesOf(text)) {
    const last = parts.at(-1) ?? '';
    if (isJoined(last, grapheme) || (CONJOINING.test(last) && /^\p{L}/u.test(grapheme)))
      parts[parts.length - 1] = last + grapheme;
    else parts.push(grapheme);
  }
  return parts;
}

function advanceOf(part: string, next: string, face: Face, { measure }: Pick<Bench, 'measure'>): number {
  const pair = part + next;
  return KERNED.test(pair) ? measure(face, pair).width - measure(face, next).width : measure(face, part).width;
}
