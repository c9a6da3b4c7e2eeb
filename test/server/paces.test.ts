import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRecords, type Records } from '../../server/stores/records/index.ts';
import { takePace } from '../../server/stores/records/paces.ts';
import { describeReal } from '../real/describe.ts';
import { realPostgres } from '../real/postgres.ts';

// Of ten calls a second and thirty a minute, half and a tenth at once.
const flows = [
  { size: 5, everyMs: 200 },
  { size: 3, everyMs: 60_000 / 27 },
];

describe('the pace of an account in SQLite', () => {
  prove(async () => `sqlite:${join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'mergepix.db')}`);
});

describeReal(realPostgres, 'the pace of an account in PostgreSQL', (server) => {
  prove(() => server().makeDatabase());
});

function prove(makeDatabase: () => Promise<string>): void {
  let processes: Records[];
  beforeAll(async () => {
    const url = await makeDatabase();
    processes = [await openRecords(url, 1), await openRecords(url, 1), await openRecords(url, 1)];
  });
  afterAll(async () => {
    for (const db of processes) await db.destroy();
  });

  /** When calls were made by several processes that all want to, every 100 ms of two minutes. */
  async function run(key: string, skews: readonly number[]): Promise<number[]> {
    const made: number[] = [];
    for (let ms = 0; ms < 120_000; ms += 100) {
      const waits = await Promise.all(
        processes.map((db, i) => takePace(db, key, flows, 1_800_000_000_000 + ms + (skews[i] ?? 0))),
      );
      for (const wait of waits) if (wait === 0) made.push(ms);
    }
    return made;
  }
  const mostWithin = (made: readonly number[], windowMs: number): number =>
    Math.max(...made.map((from) => made.filter((at) => at >= from && at < from + windowMs).length));

  it('is one for all processes', async () => {
    const made = await run('klaviyo:A:L', [0, 0, 0]);
    expect(mostWithin(made, 1000)).toBeLessThanOrEqual(10);
    expect(mostWithin(made, 60_000)).toBeLessThanOrEqual(30);
    // And all of it is used.
    expect(made.length).toBeGreaterThanOrEqual(3 + Math.floor(120_000 / (60_000 / 27)) - 1);
  }, 60_000);

  it('is kept to where their clocks are some seconds apart', async () => {
    const made = await run('klaviyo:B:L', [0, 3000, -2000]);
    expect(mostWithin(made, 60_000)).toBeLessThanOrEqual(32);
    expect(made.length).toBeGreaterThan(40);
  }, 60_000);

  it('goes on where a clock was put back', async () => {
    const [db] = processes as [Records];
    const now = 1_900_000_000_000;
    for (let i = 0; i < 4; i++) await takePace(db, 'klaviyo:E:L', flows, now + 365 * 24 * 3_600_000);
    for (let i = 0; i < 3; i++) expect(await takePace(db, 'klaviyo:E:L', flows, now)).toBe(0);
    // And is a pace again.
    expect(await takePace(db, 'klaviyo:E:L', flows, now)).toBeGreaterThan(2000);
  });

  it('tells how long to wait, and lets other accounts alone', async () => {
    const [db] = processes as [Records];
    const now = 1_900_000_000_000;
    for (let i = 0; i < 3; i++) expect(await takePace(db, 'klaviyo:C:L', flows, now)).toBe(0);
    const wait = await takePace(db, 'klaviyo:C:L', flows, now);
    expect(wait).toBeGreaterThan(2000);
    expect(wait).toBeLessThanOrEqual(2223);
    expect(await takePace(db, 'klaviyo:C:L', flows, now + wait)).toBe(0);
    expect(await takePace(db, 'klaviyo:D:L', flows, now)).toBe(0);
  });
}
