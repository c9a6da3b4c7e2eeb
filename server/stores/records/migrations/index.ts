import { type Kysely, type Migration, Migrator } from 'kysely';
import type { Tables } from '../tables.ts';
import { firstTables } from './0001-first-tables.ts';
import { delivery } from './0002-delivery.ts';
import { connections } from './0003-connections.ts';
import { warmups } from './0004-warmups.ts';
import { chosenEvents } from './0005-chosen-events.ts';
import { ignoredColumns } from './0006-ignored-columns.ts';
import { served } from './0007-served.ts';
import { fonts } from './0008-fonts.ts';
import { pictureFormat } from './0009-picture-format.ts';
import { variants } from './0010-variants.ts';
import { mappedFields } from './0011-mapped-fields.ts';

/**
 * Every change of the tables, in order; a released one is never edited. Only types every SQL database has: text,
 * integer, real, bigint (times).
 */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-first-tables': firstTables,
  '0002-delivery': delivery,
  '0003-connections': connections,
  '0004-warmups': warmups,
  '0005-chosen-events': chosenEvents,
  '0006-ignored-columns': ignoredColumns,
  '0007-served': served,
  '0008-fonts': fonts,
  '0009-picture-format': pictureFormat,
  '0010-variants': variants,
  '0011-mapped-fields': mappedFields,
};

/** Brings the tables up to date; does nothing when they are. Throws what the database says when a step fails. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}
