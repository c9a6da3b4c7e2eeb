import { AppError } from '../../core/errors.ts';
import { checkFont, sniffFont } from '../../core/node/sfnt.ts';
import { FAMILIES } from '../../core/paint/text/families.ts';
import type { Actor } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { type FontRecord, listFonts, removeFamily, saveFont } from '../stores/records/fonts.ts';
import { isDrawable } from './drawable.ts';

/** How many files of fonts a workspace may have. */
const MAX_FONTS = 100;

/**
 * Keeps a font under a family's name, in the place of the one of its weight and slant, which its file says. It is read
 * here within limits, and drawn with once by a render process before anything is kept. Throws `font_invalid`.
 */
export async function keepFont(
  { records, blobs, pool }: Pick<Services, 'records' | 'blobs' | 'pool'>,
  { workspace, id }: Pick<Actor, 'workspace' | 'id'>,
  family: string,
  bytes: Buffer,
): Promise<FontRecord> {
  // Inter and inter would be told apart by nobody who reads a template.
  const bundled = FAMILIES.find((known) => known.toLowerCase() === family.toLowerCase());
  if (bundled)
    throw new AppError('font_invalid', `The family ${bundled} comes with the product: give yours another name.`);
  const { weight, italic, embedding } = checkFont(bytes);
  const kept = await listFonts(records, workspace);
  const isSame = (font: FontRecord) =>
    font.family === family && font.weight === weight && Boolean(font.italic) === italic;
  if (kept.length >= MAX_FONTS && !kept.some(isSame))
    throw new AppError('font_invalid', `A workspace has at most ${MAX_FONTS} files of fonts: delete a family first.`);
  if (!(await isDrawable(pool, bytes)))
    throw new AppError('font_invalid', 'The font is damaged and cannot be drawn with: export it again.');
  const now = Date.now();
  const record: FontRecord = {
    ...{ workspace, family, weight, italic: italic ? 1 : 0 },
    ...{ digest: await blobs.put(bytes), mime: sniffFont(bytes) ?? '', bytes: bytes.length },
    ...{ embedding, created_at: now },
  };
  await saveFont(records, record);
  const subject = `${family} ${weight}${italic ? ' italic' : ''}`;
  await audit(records, { workspace, actor: id, action: 'font.kept', subject, now });
  return record;
}

/** Removes a family; versions that were published with it are drawn with it as before. Throws `font_not_found`. */
export async function dropFamily(
  { records }: Pick<Services, 'records'>,
  { workspace, id }: Pick<Actor, 'workspace' | 'id'>,
  family: string,
): Promise<void> {
  if (!(await removeFamily(records, workspace, family)))
    throw new AppError('font_not_found', `There is no such family ${family}: look at GET /v1/fonts.`);
  await audit(records, { workspace, actor: id, action: 'font.removed', subject: family, now: Date.now() });
}
