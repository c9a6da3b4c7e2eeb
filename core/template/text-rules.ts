import { z } from 'zod';
import { RE2JS } from '#re2js';

/** A regular expression (RE2, so that no text takes it long) the whole of a text must match. */
export const textPattern = z
  .string()
  .min(1)
  .max(200)
  .refine(isPattern, {
    message: 'expected a regular expression without look-around or back-references, such as [A-Z]{2}[0-9]+',
    abort: true,
  })
  .describe('A regular expression (RE2) the whole value must match.');

/** Unicode scripts a text may be written in. */
export const textScripts = z
  .array(
    z.string().refine(isScript, {
      message: 'expected "any" or the name of a Unicode script, such as Latin or Arabic',
      abort: true,
    }),
  )
  .min(1)
  .max(40)
  .describe('Scripts the value may be written in; digits, punctuation and emoji always pass.');

/** What a text is held to; see `textPattern` and `textScripts`. */
export type TextRules = { readonly pattern?: string | undefined; readonly scripts?: readonly string[] | undefined };

type Compiled = { readonly pattern: RE2JS | undefined; readonly scripts: RegExp | undefined };
// Compiled once for each object of rules and forgotten with it.
const compiled = new WeakMap<TextRules, Compiled>();

/** The first rule a text breaks; undefined when it keeps them all. */
export function brokenRule(rules: TextRules, text: string): 'pattern' | 'scripts' | undefined {
  let known = compiled.get(rules);
  if (!known) {
    const { pattern } = rules;
    known = { pattern: pattern === undefined ? undefined : RE2JS.compile(pattern), scripts: scriptsOf(rules.scripts) };
    compiled.set(rules, known);
  }
  if (known.pattern && !known.pattern.testExact(text)) return 'pattern';
  return known.scripts && !known.scripts.test(text) ? 'scripts' : undefined;
}

const scriptName = /^[A-Z][A-Za-z_]{1,40}$/;

function scriptsOf(scripts: readonly string[] | undefined): RegExp | undefined {
  if (!scripts || scripts.includes('any')) return undefined;
  const classes = scripts.map((name) => `\\p{Script_Extensions=${name}}`).join('');
  return new RegExp(`^[${classes}\\p{Script=Common}\\p{Script=Inherited}]*$`, 'u');
}

function isPattern(pattern: string): boolean {
  try {
    return RE2JS.compile(pattern).programSize() <= 5000;
  } catch {
    return false;
  }
}

function isScript(name: string): boolean {
  if (name === 'any') return true;
  if (!scriptName.test(name)) return false;
  try {
    return scriptsOf([name]) !== undefined;
  } catch {
    return false;
  }
}
