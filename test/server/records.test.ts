import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addAsset,
  findAsset,
  findAssetByDigest,
  listAssets,
  listAssetVersions,
} from '../../server/stores/records/assets.ts';
import { findHead, moveChannel } from '../../server/stores/records/channels.ts';
import {
  addContact,
  emptyContact,
  findContact,
  findContactByKey,
  listContacts,
  updateContact,
} from '../../server/stores/records/contacts.ts';
import { openRecords, type Records } from '../../server/stores/records/index.ts';
import { addLink, findLink, type LinkRecord, listLinks, revokeLink } from '../../server/stores/records/links.ts';
import { addSealed, findSealed } from '../../server/stores/records/sealed.ts';
import {
  findSource,
  findSourceValue,
  listSources,
  removeSource,
  saveSource,
  saveSourceValue,
} from '../../server/stores/records/sources.ts';
import { deleteRendersOf, emptyBatchRowsOf, emptySealedOf } from '../../server/stores/records/subjects.ts';
import {
  addVersion,
  changeVersion,
  findNewest,
  findVersion,
  listTemplateNames,
  listVersions,
} from '../../server/stores/records/templates.ts';
import { describeReal } from '../real/describe.ts';
import { realPostgres } from '../real/postgres.ts';

const workspace = 'default';
let url: string;
let db: Records;

const draft = (name: string, now = 1) =>
  addVersion(db, { workspace, name, document: `{"name":"${name}"}`, by: 'a', now });
const approve = (name: string, version: number) =>
  changeVersion(db, { workspace, name, version }, ['draft', 'in_review'], { state: 'published', published_at: 5 });

describe('the records in SQLite', () => {
  const makeFile = async () => join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'records', 'mergepix.db');

  it('are in a file for the owner only, and open again', async () => {
    const file = await makeFile();
    db = await openRecords(`sqlite:${file}`, 1);
    await draft('hero');
    await db.destroy();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    db = await openRecords(`sqlite:${file}`, 2);
    expect(await findVersion(db, workspace, 'hero', 1)).toMatchObject({ version: 1, state: 'draft' });
    await db.destroy();
  });

  it('say in one line when they cannot be opened', async () => {
    await expect(openRecords('sqlite:/dev/null/x.db', 1)).rejects.toMatchObject({ code: 'start_failed' });
    await expect(openRecords('mongodb://x', 1)).rejects.toMatchObject({ code: 'config_invalid' });
  });

  itKeepsRecords(async () => `sqlite:${await makeFile()}`);
});

describeReal(realPostgres, 'the records in PostgreSQL', (server) => {
  it('are made once when several processes start at once', async () => {
    const address = await server().makeDatabase();
    const opened = await Promise.all(Array.from({ length: 4 }, () => openRecords(address, 1)));
    for (const each of opened) {
      expect(await findWorkspaces(each)).toEqual([workspace]);
      await each.destroy();
    }
  });

  it('give whole numbers for times and counts', async () => {
    db = await openRecords(await server().makeDatabase(), 1_800_000_000_000);
    const { rows } = await sql<object>`select created_at, (select count(*) from workspaces) as count,
      (select sum(created_at) from workspaces) as sum from workspaces`.execute(db);
    expect(rows).toEqual([{ created_at: 1_800_000_000_000, count: 1, sum: 1_800_000_000_000 }]);
    await db.destroy();
  });

  it('say in one line why they cannot be opened, without the password', async () => {
    const { host, port } = new URL(server().url);
    const open = (address: string) => openRecords(address, 1).catch(({ code, message }) => `${code}: ${message}`);
    expect(await open(`postgres://mergepix:geheim@${host}/nowhere`)).toBe(
      `start_failed: The database nowhere at 127.0.0.1:${port} cannot be used: there is none of that name, make it with createdb.`,
    );
    expect(await open(`postgresql://nobody:geheim@${host}/postgres`)).toMatch(
      /^start_failed: [^\n]+ refuses the user or the password of MERGEPIX_DATABASE\.$/,
    );
    expect(await open('postgres://mergepix:geheim@127.0.0.1:1/postgres')).toMatch(
      /^start_failed: [^\n]+ check that it runs and can be reached from here\.$/,
    );
  });

  it('end a statement that takes too long, and go on', async () => {
    db = await openRecords(await server().makeDatabase(), 1);
    await expect(sql`select pg_sleep(10)`.execute(db)).rejects.toMatchObject({ code: 'records_unavailable' });
    expect(await findWorkspaces(db)).toEqual([workspace]);
    await db.destroy();
  });

  it('outlive a server that ends a connection between two statements of a transaction', async () => {
    const address = await server().makeDatabase();
    db = await openRecords(address, 1);
    const other = await openRecords(address, 1);
    const work = db.transaction().execute(async (held) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(held);
      await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(other);
      await pause(200);
      await findWorkspaces(held);
    });
    await expect(work).rejects.toMatchObject({ code: 'records_unavailable' });
    expect(await findWorkspaces(db)).toEqual([workspace]);
    await Promise.all([db.destroy(), other.destroy()]);
  });

  itKeepsRecords(() => server().makeDatabase());
});

async function findWorkspaces(records: Records): Promise<string[]> {
  return (await records.selectFrom('workspaces').select('id').execute()).map(({ id }) => id);
}

/** What holds in every database. */
function itKeepsRecords(makeUrl: () => Promise<string>): void {
  beforeEach(async () => {
    url = await makeUrl();
    db = await openRecords(url, 1);
  });
  afterEach(() => db.destroy());

  it('number the versions of a template, also when they come at once', async () => {
    const made = await Promise.all([draft('hero'), draft('hero'), draft('hero')]);
    expect(made.map(({ version }) => version).sort()).toEqual([1, 2, 3]);
    expect((await draft('card')).version).toBe(1);
    expect((await findNewest(db, workspace, 'hero'))?.version).toBe(3);
    expect((await listVersions(db, { workspace, name: 'hero', before: 3, limit: 1 })).map((v) => v.version)).toEqual([
      2,
    ]);
    expect(await listTemplateNames(db, { workspace, limit: 10 })).toEqual(['card', 'hero']);
    expect(await listTemplateNames(db, { workspace, after: 'card', limit: 10 })).toEqual(['hero']);
    expect(await listTemplateNames(db, { workspace: 'other', limit: 10 })).toEqual([]);
  });

  it('change a version only from the states it may be in', async () => {
    await draft('hero');
    expect(await approve('hero', 1)).toMatchObject({ state: 'published', published_at: 5 });
    await expect(approve('hero', 1)).rejects.toMatchObject({ code: 'version_conflict' });
    await expect(approve('hero', 9)).rejects.toMatchObject({ code: 'version_conflict' });
  });

  it('know what each channel of a template shows', async () => {
    expect(await findHead(db, workspace, 'hero')).toBeUndefined();
    await draft('hero');
    expect(await findHead(db, workspace, 'hero')).toEqual({ isRevoked: false, shown: {} });
    for (const version of [2, 1])
      await moveChannel(db, { workspace, name: 'hero', channel: 'production', version, by: 'a', now: 1 });
    await moveChannel(db, { workspace, name: 'hero', channel: 'staging', version: 3, by: 'a', now: 1 });
    expect((await findHead(db, workspace, 'hero'))?.shown).toEqual({ production: 1, staging: 3 });
    expect(await findHead(db, 'other', 'hero')).toBeUndefined();
  });

  it('revoke a link for its workspace only, keep the time of the first revocation, and list links', async () => {
    await draft('hero');
    const link: LinkRecord = {
      id: 'l1',
      workspace,
      template: 'hero',
      variant: null,
      version: null,
      channel: 'production',
      platform: 'mailchimp',
      connection: null,
      mode: 'contact',
      formats: '["jpeg"]',
      scales: '[]',
      scale: 2,
      fields: '{}',
      policy: '{}',
      created_at: 1,
      expires_at: null,
      revoked_at: null,
    };
    await addLink(db, link);
    expect(await revokeLink(db, 'other', 'l1', 7)).toBe(false);
    expect(await findLink(db, 'l1')).toEqual(link);
    expect(await revokeLink(db, workspace, 'l1', 7)).toBe(true);
    expect(await revokeLink(db, workspace, 'l1', 8)).toBe(true);
    expect((await findLink(db, 'l1'))?.revoked_at).toBe(7);
    // Newest first, each once, though some were made in the same moment.
    for (const [id, created_at] of [
      ['l2', 5],
      ['l3', 5],
      ['l4', 3],
    ] as const)
      await addLink(db, { ...link, id, created_at });
    const listed = async (after?: string) => (await listLinks(db, { workspace, after, limit: 2 })).map(({ id }) => id);
    expect([await listed(), await listed('l2'), await listed('l1')]).toEqual([['l3', 'l2'], ['l4', 'l1'], []]);
    expect(await listLinks(db, { workspace: 'other', after: 'l3', limit: 2 })).toEqual([]);
  });

  it('hold a contact once per outside name, and lose no update made in between', async () => {
    const contact = {
      id: 'c1',
      workspace,
      external_key: 'fp',
      fields: 's1',
      version: 1,
      created_at: 1,
      updated_at: 1,
      erased_at: null,
      mapped: null,
      mapped_version: null,
    };
    expect(await addContact(db, contact)).toBe(true);
    expect(await addContact(db, { ...contact, id: 'c2' })).toBe(false);
    expect(await addContact(db, { ...contact, id: 'c3', external_key: null })).toBe(true);
    expect((await findContactByKey(db, workspace, ['older', 'fp']))?.id).toBe('c1');
    expect(await findContact(db, 'other', 'c1')).toBeUndefined();
    expect(await updateContact(db, { workspace, id: 'c1', version: 1, fields: 's2', now: 2 })).toBe(true);
    expect(await updateContact(db, { workspace, id: 'c1', version: 1, fields: 's3', now: 3 })).toBe(false);
    expect(await findContact(db, workspace, 'c1')).toMatchObject({ fields: 's2', version: 2, updated_at: 2 });
  });

  it('know of contacts from before which of their fields a platform gave', async () => {
    const from = {
      workspace,
      external_key: null,
      fields: 's',
      version: 3,
      created_at: 1,
      updated_at: 1,
      erased_at: null,
    };
    await db
      .insertInto('contacts')
      .values(['c1', 'c2'].map((id) => ({ ...from, id })))
      .execute();
    await db
      .insertInto('connection_contacts')
      .values({
        ...{ connection: 'shop', contact: 'c1', workspace, handle: 'h', digest: 'd', state: 'active' },
        ...{ seen: '1', reference: 'written', job: null },
      })
      .execute();
    await db
      .insertInto('connections')
      .values({
        ...{ id: 'shop', workspace, name: 'Shop', platform: 'klaviyo', account: 'a', credentials: 's' },
        ...{ reference_field: 'mergepix', audiences: '[]', mapping: '{"tier":"Tier","photo":""}', webhook_secret: 's' },
        ...{ warm_sends: 1, created_by: 'a', created_at: 1 },
      })
      .execute();
    for (const column of ['mapped', 'mapped_version'])
      await db.schema.alterTable('contacts').dropColumn(column).execute();
    await sql`delete from kysely_migration where name = '0011-mapped-fields'`.execute(db);
    await db.destroy();
    db = await openRecords(url, 2);
    expect(await listContacts(db, { workspace, limit: 9 })).toMatchObject([
      { id: 'c1', mapped: '["tier"]', mapped_version: 3 },
      { id: 'c2', mapped: null, mapped_version: null },
    ]);
  });

  it('empty contacts and what is kept about a subject', async () => {
    const contact = {
      ...{ workspace, fields: 's1', version: 1, created_at: 1, updated_at: 1, erased_at: null },
      ...{ mapped: '[]', mapped_version: 1 },
    };
    for (const id of ['c1', 'c2', 'c3']) await addContact(db, { ...contact, id, external_key: id });
    expect(await emptyContact(db, workspace, 'c2', 7)).toBe(true);
    expect(await emptyContact(db, workspace, 'c2', 8)).toBe(true);
    expect(await emptyContact(db, 'other', 'c1', 7)).toBe(false);
    expect(await findContact(db, workspace, 'c2')).toMatchObject({ external_key: null, fields: '', erased_at: 7 });
    expect((await listContacts(db, { workspace, limit: 9 })).map(({ id }) => id)).toEqual(['c1', 'c3']);
    expect((await listContacts(db, { workspace, after: 'c1', limit: 9 })).map(({ id }) => id)).toEqual(['c3']);

    const of = { workspace, digests: ['d1', 'd2'] };
    const sealed = {
      workspace,
      template: 't',
      version: 1,
      variant: null,
      values: 's',
      format: 'png',
      scale: 1,
      created_at: 1,
    };
    const inForce = { expires_at: null, revoked_at: null };
    for (const [id, subject] of [
      ['p1', 'd1'],
      ['p2', 'd2'],
      ['p3', 'd3'],
    ] as const)
      await addSealed(db, { ...sealed, ...inForce, id, subject });
    const batch = {
      template: 't',
      variant: null,
      version: 1,
      format: 'png',
      scale: 1,
      state: 'complete',
      warnings: '{}',
      ignored_columns: '[]',
    } as const;
    const counts = { total: 1, done: 1, failed: 0, created_by: 'a', created_at: 1, finished_at: 1 };
    await db
      .insertInto('batches')
      .values({ id: 'b1', workspace, ...batch, ...counts, callback: null })
      .execute();
    const row = {
      batch: 'b1',
      data: 's',
      name: 'n',
      state: 'complete',
      sealed: 'p1',
      warnings: '[]',
      error: null,
    } as const;
    await db
      .insertInto('batch_rows')
      .values([
        { ...row, row: 1, subject: 'd1' },
        { ...row, row: 2, subject: 'd3' },
      ])
      .execute();
    expect(await emptyBatchRowsOf(db, of)).toBe(1);
    expect(await deleteRendersOf(db, of)).toBe(0);
    expect(await emptySealedOf(db, of, { now: 7, limit: 1 })).toHaveLength(1);
    expect(await emptySealedOf(db, of, { now: 7, limit: 9 })).toHaveLength(1);
    expect(await emptySealedOf(db, of, { now: 7, limit: 9 })).toEqual([]);
    expect(await findSealed(db, 'p1')).toMatchObject({ values: '', subject: null, revoked_at: 7 });
    expect(await findSealed(db, 'p3')).toMatchObject({ values: 's', subject: 'd3', revoked_at: null });
  });

  it('keep a source under its name, with its last good answers until it is removed', async () => {
    const source = { workspace, name: 'weather', definition: '{}', secrets: 's', version: 1, changed_by: 'a' };
    await saveSource(db, { ...source, changed_at: 1 });
    await saveSource(db, { ...source, version: 2, changed_at: 2 });
    expect(await listSources(db, { workspace, limit: 10 })).toEqual([{ ...source, version: 2, changed_at: 2 }]);
    const answer = { workspace, source: 'weather', key: 'k', value: 'v', fetched_at: 1_800_000_000_000 };
    await saveSourceValue(db, { ...answer, fetched_at: 1 });
    await saveSourceValue(db, answer);
    expect(await findSourceValue(db, workspace, 'weather', ['other', 'k'])).toEqual(answer);
    expect(await removeSource(db, 'other', 'weather')).toBe(false);
    expect(await removeSource(db, workspace, 'weather')).toBe(true);
    expect(await findSource(db, workspace, 'weather')).toBeUndefined();
    expect(await findSourceValue(db, workspace, 'weather', ['k'])).toBeUndefined();
  });

  it('give the same bytes of an asset the same version', async () => {
    const picture = { digest: 'd1', mime: 'image/png', bytes: 3, width: 1, height: 1 };
    const asset = { workspace, name: 'sea', ...picture, created_at: 1 };
    expect((await addAsset(db, asset)).version).toBe(1);
    expect((await addAsset(db, asset)).version).toBe(1);
    expect((await addAsset(db, { ...asset, digest: 'd2' })).version).toBe(2);
    expect((await findAsset(db, workspace, 'sea'))?.digest).toBe('d2');
    expect((await findAsset(db, workspace, 'sea', 1))?.digest).toBe('d1');
    expect(await findAsset(db, workspace, 'sea', 3)).toBeUndefined();
    await addAsset(db, { ...asset, name: 'bay', digest: 'd2' });
    expect((await findAssetByDigest(db, workspace, 'd2'))?.digest).toBe('d2');
    expect(await findAssetByDigest(db, 'other', 'd2')).toBeUndefined();
    const listed = await listAssets(db, { workspace, limit: 9 });
    expect(listed.map(({ name, version }) => [name, version])).toEqual([
      ['bay', 1],
      ['sea', 2],
    ]);
    expect(await listAssets(db, { workspace, after: 'sea', limit: 9 })).toEqual([]);
    expect((await listAssetVersions(db, { workspace, name: 'sea', limit: 9 })).map(({ version }) => version)).toEqual([
      2, 1,
    ]);
    expect(await listAssetVersions(db, { workspace, name: 'sea', before: 2, limit: 9 })).toMatchObject([
      { version: 1 },
    ]);
  });
}
