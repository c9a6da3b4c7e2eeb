import { AppError } from '../errors.ts';
import { fontFamily, isColor } from './parts.ts';

/** The looks a span changes; what it leaves out comes from the layer. `color` may be an expression, still to be rendered. */
export type SpanStyle = {
  readonly fontWeight?: number;
  readonly color?: string;
  readonly fontStyle?: 'normal' | 'italic';
  readonly fontFamily?: string;
};

/** A run of finished text in one style; undefined is the layer's own. */
export type Span = { readonly text: string; readonly style: SpanStyle | undefined };

// Noncharacters, which cleaned data never holds, switch the style: the first one back to the layer's own, each of the
// others to one style. A switch says what comes next rather than where a span starts or ends, so that text made by
// branches and loops needs no balance.
const firstSwitch = 0xfdd0;
const maxStyles = 31;
const switches = /[\uFDD0-\uFDEF]/u;

/**
 * Reads `**bold**` and `[text]{color=#f00 weight=700 style=italic font="Inter"}` before any data goes in. Gives Liquid
 * source with style switches in it, and the styles they stand for. A backslash before * [ ] or \ makes it plain text,
 * as does a mark without its partner. Throws template_invalid for a style option that cannot be used.
 */
export function parseMarkup(source: string): { source: string; styles: SpanStyle[] } {
  if (switches.test(source)) throw invalid('a text holds a character from U+FDD0 to U+FDEF: remove it');
  const tokens = readTokens(source);
  pairBrackets(tokens);
  pairStars(tokens);
  const styles: SpanStyle[] = [];
  const known = new Map<string, string>();
  const open: SpanStyle[] = [];
  const switchTo = (): string => {
    if (open.length === 0) return String.fromCharCode(firstSwitch);
    const style: SpanStyle = Object.assign({}, ...open);
    const key = JSON.stringify(Object.entries(style).sort());
    const mark = known.get(key) ?? String.fromCharCode(firstSwitch + styles.push(style));
    known.set(key, mark);
    if (styles.length > maxStyles) throw invalid(`a text has more than ${maxStyles} different styles: use fewer`);
    return mark;
  };
  const parts = tokens.map((token) => {
    if (token.role === 'start') open.push(token.style);
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

type Token =
  | { readonly role: 'text' | 'stars' | 'open' | 'close'; readonly text: string; readonly style?: SpanStyle }
  | { readonly role: 'start'; readonly style: SpanStyle }
  | { readonly role: 'end' };

const bold: SpanStyle = { fontWeight: 700 };

// In order: Liquid (left alone, quoted braces and all), an escape, bold, brackets, and the longest run of plain text.
const lexeme =
  /(?<liquid>\{\{(?:"[^"]*"|'[^']*'|[^"'}]|\}(?!\}))*\}\}|\{%(?:"[^"]*"|'[^']*'|[^"'%]|%(?!\}))*%\})|\\(?<escaped>[*[\]\\])|(?<stars>\*\*)|(?<open>\[)|(?<close>\])|[^{\\*[\]]+|[\s\S]/gu;

function readTokens(source: string): Token[] {
  const tokens: Token[] = [];
  lexeme.lastIndex = 0;
  for (let match = lexeme.exec(source); match; match = lexeme.exec(source)) {
    const { escaped, stars, open, close } = match.groups ?? {};
    const text = escaped ?? match[0];
    const options = close ? readOptions(source, lexeme.lastIndex) : undefined;
    if (options) lexeme.lastIndex = options.end;
    if (stars) tokens.push({ role: 'stars', text });
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

/** Stars pair up within one pair of brackets; they open before a letter and close after one, so `2 ** 3` stays. */
function pairStars(tokens: Token[]): void {
  const levels: (number | undefined)[] = [undefined];
  for (const [i, token] of tokens.entries()) {
    if (token.role === 'start') levels.push(undefined);
    if (token.role === 'end') levels.pop();
    if (token.role !== 'stars') continue;
    const start = levels.at(-1);
    if (start !== undefined && start < i - 1 && !/\s$/u.test(textOf(tokens[i - 1]))) {
      tokens[start] = { role: 'start', style: bold };
      tokens[i] = { role: 'end' };
      levels[levels.length - 1] = undefined;
    } else if (!/^(?:\s|$)/u.test(textOf(tokens[i + 1]))) levels[levels.length - 1] = i;
  }
}

// The edge of a styled span counts as a letter.
const textOf = (token: Token | undefined): string => (token && 'text' in token ? token.text : token ? '.' : '');

const option =
  /\s*,?\s*(?<key>[^\s={}"']+)=(?:"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<bare>(?:\{\{[^}]*\}\}|[^\s{}"',])+))/uy;

/** The options after a closing bracket, from `{` to `}`; undefined where there are none, as before Liquid's own braces. */
function readOptions(source: string, at: number): { style: SpanStyle; text: string; end: number } | undefined {
  if (source[at] !== '{' || source[at + 1] === '{' || source[at + 1] === '%') return undefined;
  let style: SpanStyle = {};
  option.lastIndex = at + 1;
  let end = at + 1;
  for (let match = option.exec(source); match; match = option.exec(source)) {
    const { key = '', double, single, bare } = match.groups ?? {};
    style = { ...style, ...styleOf(key, double ?? single ?? bare ?? '') };
    end = option.lastIndex;
  }
  const rest = /^\s*\}/u.exec(source.slice(end));
  if (!rest || end === at + 1) throw invalid('after [text] comes {key=value …} with color, weight, style or font');
  end += rest[0].length;
  return { style, text: source.slice(at, end), end };
}

function styleOf(key: string, value: string): SpanStyle {
  switch (key) {
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
      if (!value.includes('{{') && !isColor(value))
        throw invalid('color takes a colour such as #1a2b3c, or an expression');
      return { color: value };
    case 'font':
      if (!fontFamily.safeParse(value).success) throw invalid('font takes the name of a font family');
      return { fontFamily: value };
    default:
      throw invalid(`${key.slice(0, 40)} is not an option of a span: use color, weight, style or font`);
  }
}

const invalid = (message: string): AppError => new AppError('template_invalid', message);
