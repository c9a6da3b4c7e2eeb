import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** One font of a workspace's own family; its file is the blob `digest`. */
export type FontRecord = Readonly<Tables['fonts']>;

/** Keeps a font in the place of the one of the same family, weight and slant. */
export async function saveFont(db: Records, font: FontRecord): Promise<void> {
  const { digest, mime, bytes, embedding, created_at } = font;
  await db
    .insertInto('fonts')
    .values(font)
    .onConflict((conflict) =>
      conflict
        .columns(['workspace', 'family', 'weight', 'italic'])
        .doUpdateSet({ digest, mime, bytes, embedding, created_at }),
    )
    .execute();
}

/** All fonts of a workspace, by family, then from light to heavy, upright first. */
export const listFonts = (db: Records, workspace: string): Promise<FontRecord[]> =>
  db
    .selectFrom('fonts')
    .selectAll()
    .where('workspace', '=', workspace)
    .orderBy('family')
    .orderBy('weight')
    .orderBy('italic')
    .execute();

/** Removes a family; true when there was one. */
export async function removeFamily(db: Records, workspace: string, family: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('fonts')
    .where('workspace', '=', workspace)
    .where('family', '=', family)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
