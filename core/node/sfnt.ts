/** Where the tables of a TrueType or OpenType file lie, by tag. A table that reaches past the end of the file is not there. */
export function tablesOf(file: Buffer): Map<string, Buffer> {
  const tables = new Map<string, Buffer>();
  const count = file.length < HEAD ? 0 : file.readUInt16BE(4);
  for (let i = 0; i < count; i++) {
    const at = HEAD + i * RECORD;
    if (at + RECORD > file.length) break;
    const [from, length] = [file.readUInt32BE(at + 8), file.readUInt32BE(at + 12)];
    if (from + length <= file.length)
      tables.set(file.toString('latin1', at, at + 4), file.subarray(from, from + length));
  }
  return tables;
}

const HEAD = 12;
const RECORD = 16;
const LAST_CODE_POINT = 0x10ffff;

/**
 * The code points a font has glyphs for, from its `cmap` table (formats 4 and 12, which all fonts for Unicode have one
 * of). Throws RangeError where the table is cut short. Its stretches stand in order, so that none is read twice.
 */
export function codePointsOf(file: Buffer): Set<number> {
  const points = new Set<number>();
  const cmap = tablesOf(file).get('cmap');
  const count = cmap?.readUInt16BE(2) ?? 0;
  const starts = new Set(Array.from({ length: count }, (_, i) => cmap?.readUInt32BE(8 + i * 8) ?? 0));
  for (const start of starts) {
    const table = cmap?.subarray(start);
    const format = table?.readUInt16BE(0);
    if (table && format === 4) addSegments(points, table);
    if (table && format === 12) addGroups(points, table);
  }
  return points;
}

/** Format 4: segments of the first 65,536 code points, each with a delta or a list of glyphs. */
function addSegments(points: Set<number>, table: Buffer): void {
  const size = table.readUInt16BE(6);
  const [ends, starts, deltas, offsets] = [14, 16 + size, 16 + 2 * size, 16 + 3 * size];
  let next = 0;
  for (let at = 0; at < size; at += 2) {
    const [first, last] = [table.readUInt16BE(starts + at), table.readUInt16BE(ends + at)];
    const [delta, offset] = [table.readUInt16BE(deltas + at), table.readUInt16BE(offsets + at)];
    for (let point = Math.max(first, next); point <= last && point < 0xffff; point++) {
      const listed = offset === 0 ? point : table.readUInt16BE(offsets + at + offset + 2 * (point - first));
      if (listed !== 0 && ((listed + delta) & 0xffff) !== 0) points.add(point);
    }
    next = Math.max(next, last + 1);
  }
}

/** Format 12: groups of code points with consecutive glyphs. */
function addGroups(points: Set<number>, table: Buffer): void {
  const count = table.readUInt32BE(12);
  let next = 0;
  for (let i = 0; i < count; i++) {
    const [first, last] = [table.readUInt32BE(16 + i * 12), table.readUInt32BE(20 + i * 12)];
    const glyph = table.readUInt32BE(24 + i * 12);
    for (let point = Math.max(first, next); point <= last && point <= LAST_CODE_POINT; point++)
      if (glyph + point - first !== 0) points.add(point);
    next = Math.max(next, last + 1);
  }
}
