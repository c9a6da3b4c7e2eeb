import { type Migration, sql } from 'kysely';
import { extend } from './extension.ts';

/** Which fields of a contact its platform gave: the others were set here, and a sync leaves them. */
export const mappedFields: Migration = {
  async up(db) {
    const newColumns = { contacts: { mapped: 'text?', mapped_version: 'integer?' } } as const;
    await extend(db, { newColumns, newTables: {}, indexes: [] });
    const connections: readonly { readonly id: string; readonly mapping: string }[] = await db
      .selectFrom('connections')
      .select(['id', 'mapping'])
      .execute();
    for (const { id, mapping } of connections) {
      const tags = Object.entries<string>(JSON.parse(mapping));
      const mapped = JSON.stringify(tags.flatMap(([name, tag]) => (tag === '' ? [] : name)));
      const ofConnection = db.selectFrom('connection_contacts').select('contact').where('connection', '=', id);
      await db
        .updateTable('contacts')
        .set({ mapped, mapped_version: sql`version` })
        .where('id', 'in', ofConnection)
        .execute();
    }
  },
};
