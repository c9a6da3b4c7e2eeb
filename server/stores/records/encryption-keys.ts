import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** An encryption key that was used here at some time, by its id; never the key itself. */
export type EncryptionKeyRecord = Readonly<Tables['encryption_keys']>;

/** Remembers a key, unless it is known already. */
export const addEncryptionKey = async (db: Records, key: EncryptionKeyRecord): Promise<void> => {
  const known = await db.selectFrom('encryption_keys').select('kid').where('kid', '=', key.kid).executeTakeFirst();
  if (known) return;
  await db
    .insertInto('encryption_keys')
    .values(key)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** Every key that was ever used. */
export const listEncryptionKeys = (db: Records): Promise<EncryptionKeyRecord[]> =>
  db.selectFrom('encryption_keys').selectAll().orderBy('created_at').orderBy('kid').execute();

/** Notes whether anything is sealed under a key still. */
export const retireEncryptionKey = async (db: Records, kid: string, retired_at: number | null): Promise<void> => {
  await db.updateTable('encryption_keys').set({ retired_at }).where('kid', '=', kid).execute();
};
