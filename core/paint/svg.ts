import { SaxesParser } from 'saxes';
import { isColor } from '../template/parts.ts';

/**
 * How an SVG is drawn: its markup, or the reference of an asset that holds it, the size in device pixels it fills, how its own
 * shape fits there, and its colours' replacements.
 */
export type SvgDrawing = {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
  readonly fit: 'cover' | 'contain' | 'fill';
  /** By colour as written in it, such as #ff0000: what is painted instead. */
  readonly colors: Readonly<Record<string, string>>;
};

type Element = {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: (Element | string)[];
};
type Read = { readonly root: Element | undefined; readonly faults: readonly string[] };

/** Shapes, their paints and what groups and cuts them: nothing that runs, loads, repeats itself or needs a font. */
const TAKEN = new Set(
  'svg g defs path rect circle ellipse line polyline polygon linearGradient radialGradient stop clipPath mask style'.split(
    ' ',
  ),
);
/** What drawing programs write for themselves, and readers of pages. */
const SILENT = new Set(['title', 'desc', 'metadata']);
const MAX_ELEMENTS = 5000;
const MAX_DEPTH = 40;

/** How much of a file is looked at to tell whether it is a drawing. */
const HEAD = 1000;
/** The longest side a drawing may have in its own units. */
const MAX_SIDE = 1_000_000;

/** Whether the bytes of a file are those of a drawing rather than a bitmap, whatever else may be wrong with it. */
export const isSvg = (bytes: Uint8Array): boolean =>
  /^\s*<(?:svg[\s>]|\?xml\s|!--|!doctype\s+svg)/i.test(new TextDecoder().decode(bytes.subarray(0, HEAD)));

/** The markup in the bytes of a drawing, which are UTF-8; undefined when they are not. */
export function readSvgText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The size of a drawing in its own units, rounded; undefined when it does not say. */
export function svgSize(svg: string): { readonly width: number; readonly height: number } | undefined {
  const { root } = readSvg(svg);
  return root && sizeOf(root.attributes);
}

/** Everything that keeps an SVG from being drawn here, as ends of sentences; none when it can be. */
export const svgFaults = (svg: string): readonly string[] => readSvg(svg).faults;

/**
 * An SVG of shapes alone, written anew from what was read: no scripts, no addresses, no foreign elements, no entities.
 * Throws nothing: what has faults gives undefined.
 */
export function cleanSvg({ svg, width, height, fit, colors }: SvgDrawing): string | undefined {
  const { root, faults } = readSvg(svg);
  if (!root || faults.length > 0) return undefined;
  const aspect = { contain: 'xMidYMid meet', cover: 'xMidYMid slice', fill: 'none' }[fit];
  const { x: _x, y: _y, ...own } = root.attributes;
  const size = { width: String(width), height: String(height), viewBox: viewBoxOf(own), preserveAspectRatio: aspect };
  const attributes = { xmlns: 'http://www.w3.org/2000/svg', ...own, ...size };
  return write({ ...root, attributes }, (text) => recolor(text, colors));
}

function readSvg(svg: string): Read {
  const faults = new Set<string>();
  const open: Element[] = [];
  let root: Element | undefined;
  let silent = 0;
  let count = 0;
  const parser = new SaxesParser();
  parser.on('opentag', ({ name, attributes }) => {
    count += 1;
    const isRefused = silent === 0 && !name.includes(':') && !SILENT.has(name) && !isTaken(name, open.length);
    if (isRefused) faults.add(advice[name] ?? `has <${name.slice(0, 30)}>, which is not taken: remove it`);
    if (isRefused || silent > 0 || name.includes(':') || SILENT.has(name)) {
      silent += 1;
      return;
    }
    const element: Element = { name, attributes: {}, children: [] };
    for (const [key, value] of Object.entries(attributes)) keepAttribute(element, key, value, faults);
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
    if (open.length > MAX_DEPTH) parser.fail('elements lie too deep in each other');
    if (count > MAX_ELEMENTS) parser.fail(`there are more than ${MAX_ELEMENTS} elements`);
  });
  parser.on('doctype', (doctype) => {
    if (doctype.includes('[')) faults.add('declares entities in its DOCTYPE: save it as plain SVG');
  });
  parser.on('closetag', () => {
    if (silent > 0) silent -= 1;
    else open.pop();
  });
  const keepText = (text: string) => {
    const parent = open.at(-1);
    if (silent > 0 || parent?.name !== 'style') return;
    if (/[@\\<]|expression/i.test(text) || leadsOut(text))
      faults.add('has styles with @, \\, filters or addresses: remove them');
    parent.children.push(text);
  };
  parser.on('text', keepText);
  parser.on('cdata', keepText);
  // The first error ends it: what follows is not worth reading.
  parser.on('error', (error) => {
    throw error;
  });
  try {
    parser.write(svg).close();
  } catch (error) {
    faults.add(`cannot be read: ${error instanceof Error ? error.message.slice(0, 120) : 'it is no XML'}`);
  }
  if (root?.name === 'svg' && !sizeOf(root.attributes))
    faults.add('needs a viewBox, or a width and a height in pixels');
  return { root, faults: [...faults] };
}

/** One svg, and in it what is taken. */
const isTaken = (name: string, depth: number): boolean => TAKEN.has(name) && (name === 'svg') === (depth === 0);

const advice: Readonly<Record<string, string>> = {
  text: 'has <text>, which would be set in other fonts elsewhere: turn it into outlines, or use a text layer',
  image: 'has <image>, which loads a picture: use an image layer',
  use: 'has <use>, which repeats a part: expand it in the drawing program',
};

function keepAttribute(element: Element, name: string, value: string, faults: Set<string>): void {
  const key = name === 'xlink:href' ? 'href' : name;
  // Names with a prefix are of drawing programs.
  if (key === 'xmlns' || !/^[a-z][a-z0-9-]*$/i.test(key)) return;
  if (key === 'filter') faults.add('has a filter: bake it into the shapes, or leave it out');
  else if (/^on/i.test(key)) faults.add(`has ${key.slice(0, 30)}, which runs a script: remove it`);
  else if (key === 'href' ? !/^#[\w.-]+$/.test(value) : leadsOut(value))
    faults.add('names an address: everything it shows has to be in it');
  else if (key === 'style' && /[@\\]/.test(value))
    faults.add('has styles with @, \\, filters or addresses: remove them');
  else element.attributes[key] = value;
}

/** Whether a style or a value refers to anything but a part of the drawing itself; filters cost too much to be free. */
const leadsOut = (text: string): boolean =>
  /url\s*\(\s*(?!['"]?#)|(?:https?|file|data|javascript):|image-set|\bfilter\b/i.test(text);

/** What part of its own plane it shows; undefined when it does not say. */
function viewBoxOf({ viewBox, width, height }: Readonly<Record<string, string>>): string {
  if (viewBox && /^\s*(?:-?[\d.]+(?:e-?\d+)?[\s,]+){2}[\d.]+[\s,]+[\d.]+\s*$/i.test(viewBox)) return viewBox;
  const [across, down] = [width, height].map((side) => /^([\d.]+)(?:px)?$/.exec(side ?? '')?.[1]);
  return across && down ? `0 0 ${across} ${down}` : '';
}

function sizeOf(attributes: Readonly<Record<string, string>>): { width: number; height: number } | undefined {
  const [width = 0, height = 0] = viewBoxOf(attributes)
    .trim()
    .split(/[\s,]+/)
    .slice(2)
    .map(Number);
  if (!(width > 0 && height > 0 && Math.max(width, height) <= MAX_SIDE)) return undefined;
  return { width: Math.max(1, Math.round(width)), height: Math.max(1, Math.round(height)) };
}

function write({ name, attributes, children }: Element, paint: (text: string) => string): string {
  const pairs = Object.entries(attributes).map(([key, value]) => {
    const isPaint = /^(?:fill|stroke|color|stop-color|style)$/.test(key);
    return ` ${key}="${plain(isPaint ? paint(value) : value)}"`;
  });
  const inner = children.map((child) => (typeof child === 'string' ? plain(paint(child)) : write(child, paint)));
  return `<${name}${pairs.join('')}>${inner.join('')}</${name}>`;
}

const plain = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** Puts other colours in place of those written in a paint; `url(#fade)` names a part and no colour. */
function recolor(text: string, colors: SvgDrawing['colors']): string {
  const known = Object.entries(colors).map(([from, to]) => [longHex(from), to] as const);
  return text.replace(/(?<!url\(\s*['"]?)#(?:[0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-z_-])/gi, (found) => {
    const to = known.find(([from]) => from === longHex(found))?.[1].trim();
    return to !== undefined && isColor(to) ? to : found;
  });
}

/** #F00 and #ff0000 are one colour. */
export const longHex = (hex: string): string =>
  (hex.length === 4 ? hex.replace(/[0-9a-f]/gi, '$&$&') : hex).toLowerCase();
