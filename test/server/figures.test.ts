import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFigures } from '../../server/observe/figures.ts';
import { readFigures } from '../../server/observe/read-figures.ts';
import { readOutcome } from '../../server/observe/shown.ts';
import { addApiKey, listApiKeys, revokeApiKey } from '../../server/stores/records/api-keys.ts';
import { audit, listAudit } from '../../server/stores/records/audit.ts';
import { groupFailures } from '../../server/stores/records/failures.ts';
import { listImpressions, sumByReader } from '../../server/stores/records/impressions.ts';
import { openRecords, type Records } from '../../server/stores/records/index.ts';
import { countWaiting } from '../../server/stores/records/jobs.ts';
import { addLink, findLink, listNewestLinks } from '../../server/stores/records/links.ts';
import { markConnections, markFigures, markWarmups } from '../../server/stores/records/marks.ts';
import { addVersion } from '../../server/stores/records/templates.ts';
import { addWorkspace, closeWorkspace } from '../../server/stores/records/workspaces.ts';
import { describeReal } from '../real/describe.ts';
import { realPostgres } from '../real/postgres.ts';

describe('in SQLite', () => {
  itCounts(async () => `sqlite:${join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'a.db')}`);
});
describeReal(realPostgres, 'in PostgreSQL', (server) => itCounts(() => server().makeDatabase()));

/** What holds in every database. */
function itCounts(makeUrl: () => Promise<string>): void {
  const hour = 3_600_000;
  const range = { workspace: 'default', link: 'link-one', since: 0, until: 10 * hour };
  let db: Records;
  beforeEach(async () => {
    db = await openRecords(await makeUrl(), 1);
  });
  afterEach(() => db.destroy());

  it('adds up what several processes count', async () => {
    const shown = { kind: 'link', id: 'link-one', workspace: 'default', send: 'june' } as const;
    const processes = [createFigures(db), createFigures(db)];
    for (const each of processes) {
      each.count(shown, readOutcome('hit'), { reader: 'browser', now: 5 * hour + 1, ms: 0 });
      each.count(shown, readOutcome('hit'), { reader: 'browser', now: 6 * hour - 1, ms: 0 });
      each.count({ ...shown, send: 'july' }, readOutcome('hit'), { reader: 'apple-proxy', now: 6 * hour, ms: 0 });
    }
    await Promise.all(processes.map((each) => each.flush()));
    const listed = await listImpressions(db, { ...range, skip: 0, limit: 10 });
    expect(listed.map(({ hour: at, send, count }) => [at, send, count])).toEqual([
      [5 * hour, 'june', 4],
      [6 * hour, 'july', 2],
    ]);
    expect(await sumByReader(db, range)).toEqual([
      { reader: 'apple-proxy', count: 2 },
      { reader: 'browser', count: 4 },
    ]);
    expect(await listImpressions(db, { ...range, workspace: 'other', skip: 0, limit: 10 })).toEqual([]);
  });

  it('gives a link no more sends of its own than people can look at', async () => {
    const figures = createFigures(db);
    for (let i = 0; i < 1000; i++) {
      const shown = { kind: 'link', id: 'link-one', workspace: 'default', send: `made-up-${i}` } as const;
      figures.count(shown, readOutcome('hit'), { reader: 'bot', now: hour, ms: 0 });
    }
    await figures.flush();
    const listed = await listImpressions(db, { ...range, skip: 0, limit: 1000 });
    expect(listed.length).toBe(201);
    expect(listed.find(({ send }) => send === 'other')?.count).toBe(800);
    expect(figures.dropped()).toBe(0);
  });

  it('sums up of all processes how pictures were served, and tells when that has changed', async () => {
    const now = 100 * hour;
    const shown = { kind: 'link', id: 'link-one', workspace: 'default', template: 'hero', version: 1 } as const;
    const marks = async () => [
      ...(await markFigures(db, ['default'], now)),
      ...(await markWarmups(db, ['default'], now)),
      ...(await markConnections(db, ['default'])),
    ];
    expect(await marks()).toEqual([]);
    const processes = [createFigures(db), createFigures(db)];
    const mended = [{ field: 'first_name', reason: 'blank' }];
    for (const each of processes) {
      each.count({ ...shown, mended }, readOutcome('rendered'), { reader: 'browser', now: now - hour, ms: 40 });
      each.count(shown, readOutcome('hit'), { reader: 'browser', now, ms: 0 });
      each.count(shown, readOutcome('defaults; late'), { reader: 'browser', now, ms: 1800 });
    }
    await Promise.all(processes.map((each) => each.flush()));
    const [before] = await marks();
    const figures = await readFigures(db, 'default', 'day', now);
    expect(figures).toMatchObject({
      ...{ pictures: 6, below: 2, within: { p50: 50, p95: 2000, p99: 2000 } },
      fields: [{ template: 'hero', field: 'first_name', reason: 'blank', count: 2, share: 1 / 3 }],
    });
    expect(figures.steps.slice(-3).map(({ pictures, below }) => [pictures, below])).toEqual([
      [2, 0],
      [0, 0],
      [4, 2],
    ]);
    expect((await readFigures(db, 'default', 'quarter', now)).pictures).toBe(4);
    expect((await readFigures(db, 'other', 'day', now)).pictures).toBe(0);
    processes[0]?.count(shown, readOutcome('hit'), { reader: 'browser', now, ms: 0 });
    await processes[0]?.flush();
    expect((await marks())[0]?.mark).not.toBe(before?.mark);
    expect(await countWaiting(db, 'default', now)).toEqual({ waiting: 0, first: null });
  });

  it('groups failures by cause, with the latest link and contact', async () => {
    const shown = { kind: 'link', id: 'link-one', workspace: 'default', template: 'hero', version: 1 } as const;
    const figures = createFigures(db);
    for (const [contact, outcome, at] of [
      ['anna', 'defaults; contact-unknown', 100],
      ['ben', 'defaults; contact-unknown', 300],
      ['cleo', 'rendered; image-missing', 200],
      ['dora', 'hit', 400],
    ] as const) {
      figures.count({ ...shown, contact }, readOutcome(outcome), { reader: 'browser', now: at, ms: 0 });
      await figures.flush();
    }
    const wanted = { workspace: 'default', since: 0, limit: 10 };
    const group = { id: expect.any(String), template: 'hero', version: 1, link: 'link-one' };
    expect(await groupFailures(db, wanted)).toEqual([
      {
        ...group,
        cause: 'contact-unknown',
        outcome: 'defaults',
        contact: 'ben',
        count: 2,
        first_at: 100,
        last_at: 300,
      },
      { ...group, cause: 'image-missing', outcome: 'rendered', contact: 'cleo', count: 1, first_at: 200, last_at: 200 },
    ]);
    expect((await groupFailures(db, { ...wanted, since: 250 })).map(({ count }) => count)).toEqual([1]);
    expect(await groupFailures(db, { ...wanted, template: 'other' })).toEqual([]);
  });

  it('keeps the audit log as it is', async () => {
    const line = { workspace: 'default', actor: 'a', subject: 's' };
    for (const now of [1, 2, 2, 3]) await audit(db, { ...line, action: 'key.created', now });
    await audit(db, { ...line, action: 'key.revoked', now: 4 });
    await expect(sql`update audit set actor = 'b'`.execute(db)).rejects.toThrow(/never changed/);
    await expect(sql`delete from audit`.execute(db)).rejects.toThrow(/never changed/);
    const wanted = { workspace: 'default', action: 'key.created', limit: 2 };
    const first = await listAudit(db, wanted);
    const second = await listAudit(db, { ...wanted, after: first.at(-1)?.id });
    expect([...first, ...second].map(({ at }) => at)).toEqual([3, 2, 2, 1]);
    expect(await listAudit(db, { ...wanted, workspace: 'other' })).toEqual([]);
  });

  it('tells the digest of a key that is revoked, and pages through the others', async () => {
    const key = {
      ...{ workspace: 'default', name: 'k', role: 'render' as const, scopes: null, member: null },
      ...{ used_at: null, expires_at: null, revoked_at: null },
    } as const;
    for (const id of ['a', 'b', 'c']) await addApiKey(db, { ...key, id, hash: `hash-${id}`, created_at: 1 });
    const first = await listApiKeys(db, { workspace: 'default', limit: 2 });
    const rest = await listApiKeys(db, { workspace: 'default', limit: 2, after: 'b' });
    expect([...first, ...rest].map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(await revokeApiKey(db, 'other', 'a', 5)).toBeUndefined();
    expect(await revokeApiKey(db, 'default', 'a', 5)).toBe('hash-a');
    expect(await revokeApiKey(db, 'default', 'a', 5)).toBeUndefined();
  });

  it('takes a link of a closed workspace for revoked', async () => {
    await addWorkspace(db, { id: 'leaving', name: 'Leaving', now: 1 });
    await addVersion(db, { workspace: 'leaving', name: 'hero', document: '{}', by: 'a', now: 1 });
    await addLink(db, {
      ...{
        id: 'link-of-leaving',
        workspace: 'leaving',
        template: 'hero',
        version: 1,
        variant: null,
        channel: 'production',
      },
      ...{
        platform: 'klaviyo',
        connection: null,
        mode: 'contact',
        formats: '["jpeg"]',
        scale: 2,
        scales: '[2]',
        fields: '{}',
      },
      ...{ policy: '{}', created_at: 1, expires_at: null, revoked_at: null },
    });
    expect((await findLink(db, 'link-of-leaving'))?.revoked_at).toBeNull();
    await closeWorkspace(db, 'leaving', 7);
    expect((await findLink(db, 'link-of-leaving'))?.revoked_at).toBe(7);
    expect((await listNewestLinks(db, 5)).map(({ revoked_at }) => revoked_at)).toEqual([7]);
  });
}
