import { graphemesOf } from '../../core/template/clean-text.ts';

/** Gives every row its file's name, in the order of the rows, so that the next run gives the same names. */
export type FileNames = { next(wanted: unknown, rowNumber: number): string };

const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;
// Room for "-123456.webp" below the 255 bytes most file systems allow.
const MOST_BYTES = 200;

/**
 * Names that every file system takes: letters, digits and `. _ - @ +` of the wanted text, `row-00012` where nothing is
 * left of it, and `-2`, `-3`… where letters in another case would give the same file.
 */
export function createFileNames(extension: string): FileNames {
  // The number each name in use was last given with.
  const taken = new Map<string, number>();
  return {
    next(wanted, rowNumber) {
      const base = safeName(wanted) || `row-${String(rowNumber).padStart(5, '0')}`;
      let name = base;
      for (let i = (taken.get(base.toLowerCase()) ?? 0) + 1; taken.has(name.toLowerCase()); i++) {
        name = `${base}-${i}`;
        taken.set(base.toLowerCase(), i);
      }
      taken.set(name.toLowerCase(), 1);
      return `${name}.${extension}`;
    },
  };
}

function safeName(wanted: unknown): string {
  if (typeof wanted !== 'string' && typeof wanted !== 'number') return '';
  const text = String(wanted)
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}._@+-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
  let name = '';
  for (const grapheme of graphemesOf(text)) {
    if (Buffer.byteLength(name + grapheme) > MOST_BYTES) break;
    name += grapheme;
  }
  return RESERVED.test(name) ? `_${name}` : name;
}
