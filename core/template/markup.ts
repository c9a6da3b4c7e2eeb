import { AppError } from '../errors.ts';
import { fontFamily, isColor } from './parts.ts';

/** A size of type, in the em of what is around it or in CSS pixels where the layer has its full size. */
export type SpanSize = { readonly value: number; readonly unit: 'em' | 'px' };

/** How letters look; what is left out comes from the layer. `color` may be an expression, still to be rendered. */
export type Looks = {
  readonly fontWeight?: number;
  readonly color?: string;
  readonly fontStyle?: 'normal' | 'italic';
  readonly fontFamily?: string;
  readonly fontSize?: SpanSize;
};

/** A line along the letters, or the ground behind them, as large as where it was asked for: its `color` and that font. */
export type Mark = Looks & { readonly kind: 'background' | 'underline' | 'line-through' };

/** The looks a span changes, and the marks that go along its letters, the outermost first. */
export type SpanStyle = Looks & { readonly marks?: readonly Mark[] };

/** What one span asks for itself. */
type Declared = Looks & { readonly backgroundColor?: string; readonly textDecoration?: 'underline' | 'line-through' };

/** A run of finished text in one style; undefined is the layer's own. */
export type Span = { readonly text: string; readonly style: SpanStyle | undefined };

// Noncharacters, which cleaned data never holds, switch the style: the first one back to the layer's own, each of the
// others to one style. A switch says what comes next rather than where a span starts or ends, so that text made by
// branches and loops needs no balance.
const firstSwitch = 0xfdd0;
const maxStyles = 31;
const switches = /[\uFDD0-\uFDEF]/u;

/**
 * Reads `**bold**`, `~~struck~~` and `[text]{color=#f00 weight=700 style=italic font="Inter" size=0.8em
 * decoration=underline background=#ff0}` before any data goes in. Gives Liquid source with style switches in it, and the
 * styles they stand for. A backslash before * ~ [ ] or \ makes it plain text, as does a mark without its partner. Throws
 * template_invalid for a style option that cannot be used.
 */
export function parseMarkup(source: string): { source: string; styles: SpanStyle[] } {
  if (switches.test(source)) throw invalid('a text holds a character from U+FDD0 to U+FDEF: remove it');
  const tokens = readTokens(source);
  pairBrackets(tokens);
  pairMarks(tokens);
  const styles: SpanStyle[] = [];
  const known = new Map<string, string>();
  const open: SpanStyle[] = [];
  const switchTo = (): string => {
    if (open.length === 0) return String.fromCharCode(firstSwitch);
    const style = open.at(-1) as SpanStyle;
    const key = JSON.stringify(Object.entries(style).sort());
    const mark = known.get(key) ?? String.fromCharCode(firstSwitch + styles.push(style));
    known.set(key, mark);
    if (styles.length > maxStyles) throw invalid(`a text has more than ${maxStyles} different styles: use fewer`);
    return mark;
  };
  const parts = tokens.map((token) => {
    if (token.role === 'start') open.push(styleWithin(open.at(-1), token.style));
    else if (token.role === 'end') open.pop();
    else return token.text;
    return switchTo();
  });
  return { source: parts.join(''), styles };
}

/** Cuts rendered text at its style switches. Neighbours of one style are joined and empty pieces left out. */
export function splitSpans(rendered: string, styles: readonly SpanStyle[]): Span[] {
  const spans: { text: string; style: SpanStyle | undefined }[] = [];
  let style: SpanStyle | undefined;
  for (const piece of rendered.split(/([\uFDD0-\uFDEF])/u)) {
    const last = spans.at(-1);
    if (switches.test(piece)) style = styles[piece.charCodeAt(0) - firstSwitch - 1];
    else if (piece !== '' && last && last.style === style) last.text += piece;
    else if (piece !== '') spans.push({ text: piece, style });
  }
  return spans;
}

/** The looks of a span within another: it keeps what it does not change, and adds its marks to those around it. */
function styleWithin({ marks = [], ...outer }: SpanStyle = {}, declared: Declared): SpanStyle {
  const { backgroundColor, textDecoration, ...own } = declared;
  const looks: Looks = { ...outer, ...own };
  const { fontSize: around } = outer;
  const { fontSize } = own;
  const isRelative = fontSize?.unit === 'em' && around !== undefined;
  const sized = isRelative ? { ...looks, fontSize: { ...around, value: around.value * fontSize.value } } : looks;
  const added: Mark[] = [];
  if (backgroundColor !== undefined) added.push({ ...sized, kind: 'background', color: backgroundColor });
  if (textDecoration !== undefined) added.push({ ...sized, kind: textDecoration });
  const all = [...marks, ...added];
  return all.length > 0 ? { ...sized, marks: all } : sized;
}

type Token =
  | { readonly role: 'text' | 'mark' | 'open' | 'close'; readonly text: string; readonly style?: Declared }
  | { readonly role: 'start'; readonly style: Declared }
  | { readonly role: 'end' };

/** The marks that stand on both sides of what they change. */
const MARKS: Readonly<Record<string, Declared>> = {
  '**': { fontWeight: 700 },
  '~~': { textDecoration: 'line-through' },
};

// In order: Liquid (left alone, quoted braces and all), an escape, marks, brackets, and the longest run of plain text.
const lexeme =
  /(?<liquid>\{\{(?:"[^"]*"|'[^']*'|[^"'}]|\}(?!\}))*\}\}|\{%(?:"[^"]*"|'[^']*'|[^"'%]|%(?!\}))*%\})|\\(?<escaped>[*~[\]\\])|(?<mark>\*\*|~~)|(?<open>\[)|(?<close>\])|[^{\\*~[\]]+|[\s\S]/gu;

function readTokens(source: string): Token[] {
  const tokens: Token[] = [];
  lexeme.lastIndex = 0;
  for (let match = lexeme.exec(source); match; match = lexeme.exec(source)) {
    const { escaped, mark, open, close } = match.groups ?? {};
    const text = escaped ?? match[0];
    const options = close ? readOptions(source, lexeme.lastIndex) : undefined;
    if (options) lexeme.lastIndex = options.end;
    if (mark) tokens.push({ role: 'mark', text });
    else if (open) tokens.push({ role: 'open', text });
    else if (options) tokens.push({ role: 'close', text: `]${options.text}`, style: options.style });
    else tokens.push({ role: 'text', text });
  }
  return tokens;
}

/** A bracket that closes with options belongs to the nearest one open; the others are plain text. */
function pairBrackets(tokens: Token[]): void {
  const open: number[] = [];
  for (const [i, token] of tokens.entries()) {
    if (token.role === 'open') open.push(i);
    if (token.role !== 'close') continue;
    const start = open.pop();
    if (start === undefined || token.style === undefined) continue;
    tokens[start] = { role: 'start', style: token.style };
    tokens[i] = { role: 'end' };
  }
}

/** Marks pair up within one pair of brackets and within each other; they open before a letter and close after one, so `2 ** 3` stays. */
function pairMarks(tokens: Token[]): void {
  const levels: { readonly at: number; readonly mark: string }[][] = [[]];
  for (const [i, token] of tokens.entries()) {
    if (token.role === 'start') levels.push([]);
    if (token.role === 'end') levels.pop();
    if (token.role !== 'mark') continue;
    const waiting = levels.at(-1) ?? [];
    const found = waiting.findIndex(({ mark }) => mark === token.text);
    const start = waiting[found]?.at;
    if (start !== undefined && start < i - 1 && !/\s$/u.test(textOf(tokens[i - 1]))) {
      tokens[start] = { role: 'start', style: MARKS[token.text] ?? {} };
      tokens[i] = { role: 'end' };
      waiting.splice(found);
    } else if (!/^(?:\s|$)/u.test(textOf(tokens[i + 1]))) {
      if (found >= 0) waiting.splice(found, 1);
      waiting.push({ at: i, mark: token.text });
    }
  }
}

// The edge of a styled span counts as a letter.
const textOf = (token: Token | undefined): string => (token && 'text' in token ? token.text : token ? '.' : '');

const option =
  /\s*,?\s*(?<key>[^\s={}"']+)=(?:"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<bare>(?:\{\{[^}]*\}\}|[^\s{}"',])+))/uy;

/** The options after a closing bracket, from `{` to `}`; undefined where there are none, as before Liquid's own braces. */
function readOptions(source: string, at: number): { style: Declared; text: string; end: number } | undefined {
  if (source[at] !== '{' || source[at + 1] === '{' || source[at + 1] === '%') return undefined;
  let style: Declared = {};
  option.lastIndex = at + 1;
  let end = at + 1;
  for (let match = option.exec(source); match; match = option.exec(source)) {
    const { key = '', double, single, bare } = match.groups ?? {};
    style = { ...style, ...styleOf(key, double ?? single ?? bare ?? '') };
    end = option.lastIndex;
  }
  const rest = /^\s*\}/u.exec(source.slice(end));
  if (!rest || end === at + 1) throw invalid(`after [text] comes {key=value …} with ${OPTIONS}`);
  end += rest[0].length;
  return { style, text: source.slice(at, end), end };
}

const OPTIONS = 'color, background, weight, style, font, size or decoration';
/** The words that layers, and CSS, have for the same. */
const CSS_WORDS: Readonly<Record<string, string>> = {
  backgroundColor: 'background',
  fontWeight: 'weight',
  fontStyle: 'style',
  fontFamily: 'font',
  fontSize: 'size',
  textDecoration: 'decoration',
};

function styleOf(key: string, value: string): Declared {
  switch (Object.hasOwn(CSS_WORDS, key) ? CSS_WORDS[key] : key) {
    case 'weight': {
      const weight = value === 'bold' ? 700 : value === 'normal' ? 400 : Number(value);
      if (!/^(?:bold|normal|[1-9]00)$/.test(value))
        throw invalid('weight takes 100 to 900 in hundreds, normal or bold');
      return { fontWeight: weight };
    }
    case 'style':
      if (value !== 'normal' && value !== 'italic') throw invalid('style takes normal or italic');
      return { fontStyle: value };
    case 'color':
      return { color: colorOf('color', value) };
    case 'background':
      return { backgroundColor: colorOf('background', value) };
    case 'font':
      if (!fontFamily.safeParse(value).success) throw invalid('font takes the name of a font family');
      return { fontFamily: value };
    case 'size':
      return { fontSize: sizeOf(value) };
    case 'decoration':
      if (value !== 'underline' && value !== 'line-through')
        throw invalid('decoration takes underline or line-through');
      return { textDecoration: value };
    default:
      throw invalid(`${key.slice(0, 40)} is not an option of a span: use ${OPTIONS}`);
  }
}

function colorOf(option: string, value: string): string {
  if (!value.includes('{{') && !isColor(value))
    throw invalid(`${option} takes a colour such as #1a2b3c, or an expression`);
  return value;
}

const LIMITS = { em: [0.1, 10], px: [4, 800] } as const;

function sizeOf(text: string): SpanSize {
  const [, digits = '', unit = 'px'] = /^(\d+(?:\.\d+)?|\.\d+)(em|px)?$/.exec(text) ?? [];
  const size: SpanSize = { value: Number(digits), unit: unit === 'em' ? 'em' : 'px' };
  const [least, most] = LIMITS[size.unit];
  if (digits === '' || size.value < least || size.value > most)
    throw invalid('size takes 0.1em to 10em of the text around it, or 4 to 800 CSS pixels');
  return size;
}

/** A size in em of a layer's own; however deep spans lie in each other, from a tenth to ten times as large. */
export function emOf(looks: Looks | undefined, layerSize: number): number {
  if (!looks?.fontSize) return 1;
  const { value, unit } = looks.fontSize;
  return Math.min(LIMITS.em[1], Math.max(LIMITS.em[0], unit === 'em' ? value : value / layerSize));
}

const invalid = (message: string): AppError => new AppError('template_invalid', message);
