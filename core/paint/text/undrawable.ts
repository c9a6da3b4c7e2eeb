import { applyContract } from '../../template/contract.ts';
import type { Fields } from '../../template/fields/index.ts';
import type { Value, Values, Warning } from '../../template/value.ts';
import type { FontSet } from './coverage.ts';
import { STAND_IN } from './families.ts';
import { nameCharacters, piecesOf } from './glyphs.ts';

const LETTER = /[\p{L}\p{N}]/u;
// All bundled families for Latin have these.
const COMMON = /^[ -~\u00a0-\u017f]*$/;

/**
 * Leaves the words out of texts of people that hold a letter no font has, for a name is whole or not there, and puts a
 * field's fallback where nothing is left. Says so, with the field. Signs and emoji are left to the layers.
 */
export function withoutUndrawable(
  fields: Fields,
  values: Values,
  fonts: FontSet,
): { readonly values: Values; readonly warnings: readonly Warning[] } {
  const warnings: Warning[] = [];
  const mendAll = (fields: Fields, values: Readonly<Record<string, Value>>, path: string): Record<string, Value> =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        const field = fields[name];
        if (field?.type === 'list' && Array.isArray(value))
          return [name, value.map((item, i) => mendAll(field.of as Fields, item, `${path}${name}.${i}.`))];
        if (field?.type !== 'text' || typeof value !== 'string' || COMMON.test(value)) return [name, value];
        const { text, lost } = drawableWords(value, fonts);
        if (lost.length === 0) return [name, value];
        const fallback = applyContract({ [name]: field }, {}).values[name] ?? '';
        const isLeft = LETTER.test(text);
        const message = `${path}${name}: no font has ${nameCharacters(lost)}, ${isLeft ? 'the words with them were left out' : 'the fallback was used'}`;
        warnings.push({ code: 'missing_glyph', field: `${path}${name}`, message });
        return [name, isLeft ? text : fallback];
      }),
    );
  const mended = mendAll(fields, values, '');
  return warnings.length > 0 ? { values: mended, warnings } : { values, warnings };
}

function drawableWords(value: string, fonts: FontSet): { text: string; lost: string[] } {
  const lost: string[] = [];
  const words = value.split(' ').filter((word) => {
    const missing = new Set<string>();
    piecesOf(word, STAND_IN, fonts, missing);
    const letters = [...missing].filter((char) => LETTER.test(char));
    lost.push(...letters);
    return letters.length === 0;
  });
  return { text: words.join(' '), lost };
}
