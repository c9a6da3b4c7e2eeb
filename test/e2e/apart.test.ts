import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder, run } from '../cli/command.ts';
import { publish, startTestService, swatch, type TestService } from './service.ts';

type Warmup = { state: string; phase: string; made: number; ready: number; failed: number; pictures: number };
type Process = { readonly pid: number; readonly niceness: number };

// Chunks of 400 contacts: enough of them for a process apart.
const CONTACTS = 3000;
const folder = makeFolder();
const env = { MERGEPIX_DATA_DIR: join(folder, 'data'), MERGEPIX_LOG_LEVEL: 'silent' };
let service: TestService;
let link: { id: string; url: string };
let references: string[];

beforeAll(async () => {
  service = await startTestService(env);
  await publish(service, swatch());
  link = (await service.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo' })).body;
  const rows = Array.from({ length: CONTACTS }, (_, i) => `k${i},Reader ${i},#ff0000`);
  await writeFile(join(folder, 'people.csv'), ['key,first_name,color', ...rows].join('\n'));
  const out = join(folder, 'references.csv');
  const added = await run(folder, ['contacts', 'people.csv', '--key', 'key', '--out', out], env);
  expect(added.code, added.err).toBe(0);
  references = (await readFile(out, 'utf8'))
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(',')[1] ?? '');
}, 120_000);
afterAll(() => service.close());

/** The process for large warm-ups, when there is one. */
function apart(): Process | undefined {
  const lines = execFileSync('ps', ['-o', 'pid=,ni=,args=', '--ppid', `${process.pid}`], { encoding: 'utf8' });
  const [pid, niceness] = /^\s*(\d+)\s+(\d+)\s.*jobs\.js$/m.exec(lines)?.slice(1) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), niceness: Number(niceness) };
}

const order = async (send: string): Promise<string> => {
  const { status, body } = await service.api('POST', '/v1/warmups', { links: [link.id], send });
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return (body as { id: string }).id;
};
const read = async (id: string): Promise<Warmup> => (await service.api('GET', `/v1/warmups/${id}`)).body;

const purge = async () => expect((await service.api('POST', '/v1/cache/purge', { all: true })).status).toBe(200);

/** In whose names pictures are made just now, once for each chunk, as far as that is not over. */
async function heldJobs(): Promise<string[]> {
  const { records } = service.services;
  const held = records.selectFrom('jobs').where('kind', '=', 'warmup.make').where('state', '=', 'running');
  const rows = await held.where('leased_until', '>', Date.now()).select('lease').execute();
  return rows.flatMap(({ lease }) => lease ?? []);
}

/** Waits until something can be said of a warm-up, and gives that. */
async function when<Found>(id: string, look: (now: Warmup) => Found | undefined): Promise<Found> {
  for (;;) {
    const now = await read(id);
    const found = look(now);
    if (found !== undefined) return found;
    expect(now.state, JSON.stringify(now)).toMatch(/queued|running/);
    await pause(20);
  }
}
const over = (id: string) => when(id, (now) => (/queued|running/.test(now.state) ? undefined : now));

async function countOf(name: string): Promise<number> {
  const { body } = await service.api('GET', '/metrics');
  const lines = (body as string).split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('a large warm-up', () => {
  it('is worked off by a process that comes after all others, and what it made is served and counted', async () => {
    const id = await order('first');
    await when(id, () => ((apart()?.niceness ?? 0) > 10 ? true : undefined));
    expect(await over(id)).toMatchObject({ state: 'complete', pictures: CONTACTS, ready: CONTACTS, failed: 0 });
    for (const reference of [references[0], references.at(-1)]) {
      const shown = await fetch(`${service.url}${new URL(link.url).pathname}?c=${reference}`);
      expect(shown.headers.get('x-mergepix-outcome')).toBe('hit');
    }
    await expect
      .poll(() => countOf('mergepix_render_seconds_count'), { timeout: 10_000 })
      .toBeGreaterThanOrEqual(CONTACTS);
    await expect
      .poll(() => countOf('mergepix_warmed_pictures_total'), { timeout: 10_000 })
      .toBeGreaterThanOrEqual(CONTACTS);
  }, 120_000);

  it('goes on at once when that process is killed', async () => {
    await purge();
    const id = await order('second');
    // What the sample is made of is counted before the process apart makes any.
    const { pid } = await when(id, (now) => (now.phase === 'making' && now.made > 100 ? apart() : undefined));
    const held = await heldJobs();
    expect(held.length).toBeGreaterThan(0);
    process.kill(pid, 'SIGKILL');
    // Those of a process on another machine lie there for half a minute.
    await expect
      .poll(async () => (await heldJobs()).filter((lease) => held.includes(lease)), { timeout: 20_000 })
      .toEqual([]);
    expect(await over(id)).toMatchObject({ state: 'complete', ready: CONTACTS, failed: 0 });
  }, 120_000);

  it('takes that process along when the service ends', async () => {
    const child = apart();
    await service.close();
    if (child) expect(() => process.kill(child.pid, 0)).toThrow();
    expect(apart()).toBeUndefined();
  }, 60_000);
});

describe('a service that does everything itself', () => {
  it('starts no process for large warm-ups', async () => {
    service = await startTestService({ ...env, MERGEPIX_JOBS: 'here' });
    await purge();
    const id = await order('third');
    let seen = false;
    await when(id, (now) => {
      seen ||= apart() !== undefined;
      return /queued|running/.test(now.state) ? undefined : now;
    });
    expect(seen).toBe(false);
    expect(await read(id)).toMatchObject({ state: 'complete', ready: CONTACTS });
  }, 120_000);
});
