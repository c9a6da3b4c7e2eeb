import type { Context } from '../../paint/surface.ts';
import { canvas } from '../native.ts';

const NO_DATE = new Date(0);

/**
 * PDF, RGB, of pages of one size in points: letters with the parts of their fonts they need, photos as JPEG. Equal drawings
 * give equal bytes.
 */
export function writePdf(
  { width, height, title }: { readonly width: number; readonly height: number; readonly title: string },
  pages: readonly ((context: Context) => void)[],
): Buffer {
  const file = canvas.createCanvas(width, height, 'pdf');
  const context = file.getContext('2d');
  for (const [i, paint] of pages.entries()) {
    if (i > 0) context.addPage(width, height);
    paint(context as unknown as Context);
  }
  const bytes = file.toBuffer('application/pdf', { title, creationDate: NO_DATE });
  // A date it will have, and any other than this one would make equal pages differ: blanks are as good in its place.
  const at = bytes.lastIndexOf('/CreationDate');
  return at < 0 ? bytes : bytes.fill(' ', at, bytes.indexOf(')', at) + 1);
}
