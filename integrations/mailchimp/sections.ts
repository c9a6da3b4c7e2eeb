import { piecesOf } from '../../core/links/pieces.ts';

const EDIT = /\smc:edit\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i;

/** From where to where the content of an editable area stands; undefined where it is not marked, more than once, or without an end. */
export function findSection(html: string, name: string): { readonly start: number; readonly end: number } | undefined {
  let open: { readonly name: string; readonly start: number } | undefined;
  let end: number | undefined;
  let depth = 0;
  for (const piece of piecesOf(html)) {
    if (piece.kind !== 'tag') continue;
    const mark = piece.isClosing ? null : EDIT.exec(html.slice(piece.start, piece.end));
    if (mark && (mark[1] ?? mark[2] ?? mark[3]) === name) {
      if (open) return undefined;
      open = { name: piece.name, start: piece.end };
    } else if (open && end === undefined && piece.name === open.name) {
      if (piece.isClosing && depth === 0) end = piece.start;
      depth += piece.isClosing ? -1 : 1;
    }
  }
  return open && end !== undefined ? { start: open.start, end } : undefined;
}
