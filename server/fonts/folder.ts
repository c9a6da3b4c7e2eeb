import { readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { AppError, type Fault } from '../../core/errors.ts';
import { checkFont } from '../../core/node/sfnt.ts';
import { isFamily } from '../../core/paint/text/families.ts';
import type { Face } from '../../core/paint/text/font.ts';
import { fontFamily } from '../../core/template/parts.ts';

/** A font beside a template: the family it is named by, and its weight and slant as its file says. */
export type FolderFont = Face & { readonly bytes: Buffer };

const EXTENSIONS = ['.ttf', '.otf', '.ttc', '.woff', '.woff2'];
const MAX_BYTES = 10 * 1024 * 1024;

/**
 * The fonts in the folder `fonts` beside a template's document, none when there is no such folder. A file there is of the
 * family it says, one in `fonts/<family>` of that family. Throws `font_invalid` with every file that cannot be used.
 */
export async function readFontFolder(document: string): Promise<FolderFont[]> {
  const folder = join(dirname(document), 'fonts');
  const files = (await readdir(folder, { recursive: true }).catch(() => [])).sort();
  const fonts: FolderFont[] = [];
  const faults: Fault[] = [];
  for (const file of files.filter((file) => EXTENSIONS.includes(extname(file).toLowerCase()))) {
    try {
      fonts.push(readFont(await readFile(join(folder, file)), dirname(file)));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      faults.push({ path: join('fonts', file), message: error.message });
    }
  }
  if (faults.length > 0) throw new AppError('font_invalid', `${folder} holds fonts that cannot be used.`, { faults });
  return fonts;
}

function readFont(bytes: Buffer, folder: string): FolderFont {
  if (bytes.length > MAX_BYTES) throw new AppError('font_invalid', 'The font is over 10 MB: leave letters out of it.');
  const { weight, italic, ...facts } = checkFont(bytes);
  const family = folder === '.' ? facts.family : folder;
  if (!fontFamily.safeParse(family).success)
    throw new AppError('font_invalid', 'The font has no name to go by: put it into a folder called as its family.');
  if (isFamily(family))
    throw new AppError(
      'font_invalid',
      `The family ${family} comes with the product: remove the file, or put it into a folder with another name.`,
    );
  return { family, weight, italic, bytes };
}
