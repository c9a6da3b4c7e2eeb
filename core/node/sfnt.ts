import { AppError } from '../errors.ts';

/** What a font file says of itself: `weight` as CSS counts them, `embedding` as the OpenType specification has `fsType`. */
export type FontFacts = {
  readonly family: string;
  readonly weight: number;
  readonly italic: boolean;
  readonly embedding: 'installable' | 'editable' | 'preview' | 'restricted';
};

type Tables = ReadonlyMap<string, Buffer>;

const HEAD = 12;
const RECORD = 16;
const LAST_CODE_POINT = 0x10ffff;
const MAX_TABLES = 64;
const MAGIC = { 'font/ttf': 0x00010000, 'font/otf': 0x4f54544f } as const;
/** All that drawing needs. Programs, bitmaps and pictures in a font are left behind: nothing here runs or shows them. */
const NEEDED = ['OS/2', 'cmap', 'head', 'hhea', 'hmtx', 'maxp', 'name'];
const OUTLINES = ['CFF ', 'glyf', 'loca'];
const SHAPING = ['GDEF', 'GPOS', 'GSUB', 'kern', 'post'];

const invalid = (message: string) => new AppError('font_invalid', message);
const damaged = () => invalid('The font is damaged and cannot be read to its end: export it again.');

/** The media type of a font file by its first bytes; undefined when it is neither TTF nor OTF. */
export const sniffFont = (file: Uint8Array): keyof typeof MAGIC | undefined => {
  const magic = file.length < 4 ? 0 : Buffer.from(file.buffer, file.byteOffset, 4).readUInt32BE(0);
  return (Object.keys(MAGIC) as (keyof typeof MAGIC)[]).find((type) => MAGIC[type] === magic);
};

/** Where the tables of a TrueType or OpenType file lie, by tag. One that reaches past the end of the file is not there. */
function tablesOf(file: Buffer): Tables {
  const tables = new Map<string, Buffer>();
  const count = file.length < HEAD ? 0 : Math.min(file.readUInt16BE(4), MAX_TABLES);
  for (let at = HEAD; at < HEAD + count * RECORD && at + RECORD <= file.length; at += RECORD) {
    const [from, length] = [file.readUInt32BE(at + 8), file.readUInt32BE(at + 12)];
    if (from + length <= file.length)
      tables.set(file.toString('latin1', at, at + 4), file.subarray(from, from + length));
  }
  return tables;
}

/**
 * Checks a font file from outside and gives what it says of itself. Reads no more of it than tables have room for. Throws
 * `font_invalid`, saying what to do, for anything but one static TTF or OTF font with letters by Unicode.
 */
export function checkFont(file: Buffer): FontFacts {
  const magic = file.toString('latin1', 0, 4);
  if (magic === 'wOFF' || magic === 'wOF2')
    throw invalid('This is a WOFF file, made for web pages: upload the TTF or OTF file it was made from.');
  if (magic === 'ttcf') throw invalid('This file holds several fonts: upload each of them as a TTF or OTF file.');
  if (!sniffFont(file)) throw invalid('The bytes are no font: upload a TTF or OTF file.');
  const tables = tablesOf(file);
  if (tables.has('fvar') || tables.has('CFF2'))
    throw invalid('This is a variable font: upload a static TTF or OTF file for each weight.');
  const outlines = tables.has('CFF ') || (tables.has('glyf') && tables.has('loca'));
  if (!outlines || NEEDED.some((tag) => !tables.has(tag))) throw damaged();
  try {
    checkOutlines(tables);
    const facts = factsOf(tables);
    if (codePointsOf(file).size === 0) throw invalid('The font has no letters by Unicode: upload another one.');
    return facts;
  } catch (error) {
    if (error instanceof RangeError) throw damaged();
    throw error;
  }
}

function checkOutlines(tables: Tables): void {
  const [head, hhea, maxp, hmtx] = [
    need(tables, 'head'),
    need(tables, 'hhea'),
    need(tables, 'maxp'),
    need(tables, 'hmtx'),
  ];
  const [unitsPerEm, isLong, glyphs] = [head.readUInt16BE(18), head.readInt16BE(50) === 1, maxp.readUInt16BE(4)];
  const metrics = hhea.readUInt16BE(34);
  if (unitsPerEm < 16 || unitsPerEm > 16_384 || glyphs === 0 || metrics === 0 || metrics > glyphs) throw damaged();
  if (hmtx.length < metrics * 4 + (glyphs - metrics) * 2) throw damaged();
  const [glyf, loca] = [tables.get('glyf'), tables.get('loca')];
  if (!glyf || !loca) return;
  let before = 0;
  for (let glyph = 0; glyph <= glyphs; glyph++) {
    const at = isLong ? loca.readUInt32BE(glyph * 4) : loca.readUInt16BE(glyph * 2) * 2;
    if (at < before || at > glyf.length) throw damaged();
    before = at;
  }
}

// Fonts of these names say that they are bolder than they are, for the sake of old programs.
const LIGHT = [
  { name: /extra ?-?light|ultra ?-?light/i, weight: 200 },
  { name: /thin|hairline/i, weight: 100 },
];

function factsOf(tables: Tables): FontFacts {
  const [os2, head] = [need(tables, 'OS/2'), need(tables, 'head')];
  const name = need(tables, 'name');
  const said = os2.readUInt16BE(4);
  // Some old ones count from 1 to 9.
  const weight = said < 10 ? said * 100 : said;
  const full = `${nameOf(name, 4) ?? ''} ${nameOf(name, 17) ?? ''}`;
  const light = weight === 250 ? LIGHT.find(({ name }) => name.test(full)) : undefined;
  const rights = os2.readUInt16BE(8);
  return {
    family: nameOf(name, 16) ?? nameOf(name, 1) ?? '',
    weight: Math.min(900, Math.max(100, light?.weight ?? weight)),
    italic: (os2.readUInt16BE(62) & 1) === 1 || (head.readUInt16BE(44) & 2) === 2,
    embedding: rights & 8 ? 'editable' : rights & 4 ? 'preview' : rights & 2 ? 'restricted' : 'installable',
  };
}

const need = (tables: Tables, tag: string): Buffer => tables.get(tag) ?? Buffer.alloc(0);

/** One of the names in a font, by its number, as Windows reads it. */
function nameOf(table: Buffer, id: number): string | undefined {
  const texts = table.readUInt16BE(4);
  for (let at = 6; at < 6 + table.readUInt16BE(2) * 12; at += 12) {
    if (table.readUInt16BE(at) !== 3 || table.readUInt16BE(at + 6) !== id) continue;
    const from = texts + table.readUInt16BE(at + 10);
    const text = table.subarray(from, from + table.readUInt16BE(at + 8));
    return Buffer.from(text.subarray(0, text.length & ~1))
      .swap16()
      .toString('utf16le')
      .slice(0, 200);
  }
  return undefined;
}

/** A checked font with nothing but what drawing needs, under a family name of its own: a canvas knows fonts by their names. */
export function renameFont(file: Buffer, name: string): Buffer {
  const tables = tablesOf(file);
  const kept = [...NEEDED, ...OUTLINES, ...SHAPING].flatMap((tag) => {
    const table = tag === 'name' ? namesFor(name) : tables.get(tag);
    return table ? [{ tag, table }] : [];
  });
  kept.sort((a, b) => (a.tag < b.tag ? -1 : 1));
  const power = 2 ** Math.floor(Math.log2(kept.length));
  const directory = Buffer.alloc(HEAD + kept.length * RECORD);
  file.copy(directory, 0, 0, 4);
  directory.writeUInt16BE(kept.length, 4);
  directory.writeUInt16BE(power * 16, 6);
  directory.writeUInt16BE(Math.log2(power), 8);
  directory.writeUInt16BE((kept.length - power) * 16, 10);
  const parts = [directory];
  let offset = directory.length;
  for (const [i, { tag, table }] of kept.entries()) {
    const at = HEAD + i * RECORD;
    const padded = Buffer.alloc((table.length + 3) & ~3);
    table.copy(padded);
    directory.write(tag, at, 'latin1');
    directory.writeUInt32BE(checksum(padded), at + 4);
    directory.writeUInt32BE(offset, at + 8);
    directory.writeUInt32BE(table.length, at + 12);
    parts.push(padded);
    offset += padded.length;
  }
  return Buffer.concat(parts);
}

function checksum(table: Buffer): number {
  let sum = 0;
  for (let at = 0; at < table.length; at += 4) sum = (sum + table.readUInt32BE(at)) >>> 0;
  return sum;
}

/** A `name` table: one family, one regular font in it. */
function namesFor(name: string): Buffer {
  const names = [name, 'Regular', name, name, name].map((text) => Buffer.from(text, 'utf16le').swap16());
  const ids = [1, 2, 3, 4, 6];
  const head = Buffer.alloc(6 + ids.length * 12);
  head.writeUInt16BE(ids.length, 2);
  head.writeUInt16BE(head.length, 4);
  let offset = 0;
  for (const [i, text] of names.entries()) {
    const record = [3, 1, 0x409, ids[i] ?? 0, text.length, offset];
    for (const [j, value] of record.entries()) head.writeUInt16BE(value, 6 + i * 12 + j * 2);
    offset += text.length;
  }
  return Buffer.concat([head, ...names]);
}

// Tables of all of Unicode before those of its first 65,536 code points.
const ENCODINGS = ['3 10', '0 6', '0 4', '3 1', '0 3', '0 2', '0 1', '0 0'];

/**
 * The code points a font has glyphs for, from its `cmap` table (formats 4 and 12, one of which all fonts for Unicode
 * have). Its stretches stand in order, so that none is read twice. Throws RangeError where the table is cut short.
 */
export function codePointsOf(file: Buffer): Set<number> {
  const points = new Set<number>();
  const cmap = tablesOf(file).get('cmap');
  if (!cmap) return points;
  const found = Array.from({ length: cmap.readUInt16BE(2) }, (_, i) => {
    const at = 4 + i * 8;
    const rank = ENCODINGS.indexOf(`${cmap.readUInt16BE(at)} ${cmap.readUInt16BE(at + 2)}`);
    return { rank, table: cmap.subarray(cmap.readUInt32BE(at + 4)) };
  });
  const ranked = found.filter(({ rank }) => rank >= 0).sort((a, b) => a.rank - b.rank);
  const best = ranked.find(({ table }) => [4, 12].includes(table.readUInt16BE(0)))?.table;
  if (best?.readUInt16BE(0) === 4) addSegments(points, best);
  if (best?.readUInt16BE(0) === 12) addGroups(points, best);
  return points;
}

/** Format 4: segments of the first 65,536 code points, each with a delta or a list of glyphs. */
function addSegments(points: Set<number>, table: Buffer): void {
  const size = table.readUInt16BE(6) & ~1;
  const [ends, starts, deltas, offsets] = [14, 16 + size, 16 + 2 * size, 16 + 3 * size];
  let next = 0;
  for (let at = 0; at < size; at += 2) {
    const [first, last] = [table.readUInt16BE(starts + at), table.readUInt16BE(ends + at)];
    const [delta, offset] = [table.readUInt16BE(deltas + at), table.readUInt16BE(offsets + at)];
    for (let point = Math.max(first, next); point <= last && point < 0xffff; point++) {
      const listed = offset === 0 ? point : table.readUInt16BE(offsets + at + offset + 2 * (point - first));
      if ((listed !== 0 || offset === 0) && ((listed + delta) & 0xffff) !== 0) points.add(point);
    }
    next = Math.max(next, last + 1);
  }
}

/** Format 12: groups of code points with consecutive glyphs. */
function addGroups(points: Set<number>, table: Buffer): void {
  let next = 0;
  for (let at = 16; at < 16 + table.readUInt32BE(12) * 12; at += 12) {
    const [first, last, glyph] = [table.readUInt32BE(at), table.readUInt32BE(at + 4), table.readUInt32BE(at + 8)];
    for (let point = Math.max(first, next); point <= last && point <= LAST_CODE_POINT; point++)
      if (glyph + point - first !== 0) points.add(point);
    next = Math.max(next, last + 1);
  }
}
