import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Changes, createChanges } from '../../server/changes.ts';
import { openRecords, type Records } from '../../server/stores/records/index.ts';

/** A process: its own connection to the same database, what it heard and what went wrong. */
type Process = { db: Records; changes: Changes; heard: string[]; faults: unknown[] };

let processes: Process[];
let url: string;
const start = async (): Promise<Process> => {
  const db = await openRecords(url, 1);
  const heard: string[] = [];
  const faults: unknown[] = [];
  const changes = createChanges(db, (error) => faults.push(error));
  for (const kind of ['purge', 'missed', 'link'] as const)
    changes.on(kind, (subject) => heard.push(`${kind} ${subject}`));
  const process = { db, changes, heard, faults };
  processes.push(process);
  return process;
};
beforeEach(async () => {
  processes = [];
  url = `sqlite:${join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'mergepix.db')}`;
});
afterEach(async () => {
  vi.useRealTimers();
  for (const { db, changes } of processes) {
    changes.close();
    await db.destroy();
  }
});

const row = (id: string, at: number) => ({ id, at, kind: 'link', subject: id });

describe('changes', () => {
  it('are heard here at once and in every other process soon, once', async () => {
    const [here, there] = [await start(), await start()];
    const before = here.changes.count();
    const telling = here.changes.tell('link', 'one');
    expect(here.heard).toEqual(['link one']);
    expect(here.changes.count()).toBe(before + 1);
    await telling;
    await here.changes.tell('purge', 'template:default/hero');
    await here.changes.tell('source', 'default/weather');
    await expect.poll(() => there.heard, { timeout: 5000 }).toEqual(['link one', 'purge template:default/hero']);
    expect(there.changes.count()).toBe(3);
    // By the time that a later one comes back, the earlier ones were looked at again.
    await there.changes.tell('link', 'two');
    await expect.poll(() => here.heard.at(-1), { timeout: 5000 }).toBe('link two');
    expect(here.heard.filter((each) => each === 'link one')).toEqual(['link one']);
    expect(there.heard).toHaveLength(3);
  });

  it('are heard from a machine whose clock is some seconds behind, and in a crowd', async () => {
    const { db, heard } = await start();
    const now = Date.now();
    await db
      .insertInto('changes')
      .values([row('behind', now - 3000), ...Array.from({ length: 1200 }, (_, i) => row(`crowd ${i}`, now))])
      .execute();
    await expect.poll(() => heard.length, { timeout: 5000 }).toBe(1201);
    expect(new Set(heard).size).toBe(1201);
  });

  it('are not heard from before the start', async () => {
    const { db } = await start();
    await db
      .insertInto('changes')
      .values(row('old', Date.now() - 60_000))
      .execute();
    const { changes, heard } = await start();
    await changes.tell('link', 'new');
    const other = await start();
    await other.changes.tell('link', 'newer');
    await expect.poll(() => heard, { timeout: 5000 }).toEqual(['link new', 'link newer']);
  });

  it('leave a process alone that has lost its database, and are refused there', async () => {
    const { db, changes, heard, faults } = await start();
    await db.destroy();
    await expect.poll(() => faults.length, { timeout: 5000 }).toBeGreaterThan(0);
    await expect(changes.tell('link', 'one')).rejects.toThrow();
    expect(heard).toEqual(['link one']);
  });

  it('may have been missed after more than an hour without the records, which is heard once, when they are back', async () => {
    const { db, heard, faults } = await start();
    await db.schema.alterTable('changes').renameTo('away').execute();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 3_600_000 });
    await expect.poll(() => faults.length, { timeout: 5000 }).toBeGreaterThan(1);
    expect(heard).toEqual([]);
    await db.schema.alterTable('away').renameTo('changes').execute();
    await expect.poll(() => heard.length, { timeout: 5000 }).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(heard).toEqual(['missed all']);
  }, 15_000);
});
