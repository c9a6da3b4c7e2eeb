import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder, run, start } from '../cli/command.ts';
import { type FakeKlaviyo, startFakeKlaviyo } from '../fakes/klaviyo.ts';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

type Warmup = { id: string; state: string; made: number; warm: number; failed: number; phase: string };

let klaviyo: FakeKlaviyo;
let service: TestService;
let env: Record<string, string>;
let link: { id: string; url: string };
const folder = makeFolder();

beforeAll(async () => {
  klaviyo = await startFakeKlaviyo({ limits: Number.POSITIVE_INFINITY, importMs: 50 });
  env = {
    MERGEPIX_PUBLIC_URL: 'https://img.example.com',
    MERGEPIX_KLAVIYO_URL: klaviyo.url,
    MERGEPIX_SIGNING_KEYS: `k1:${'s'.repeat(32)}`,
    MERGEPIX_ENCRYPTION_KEYS: `e1:${'e'.repeat(32)}`,
    MERGEPIX_DATA_DIR: join(folder, 'data'),
  };
  service = await startTestService(env);
  await publish(service, swatch());
  link = (await service.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo' })).body;
});
afterAll(async () => {
  await service.close();
  await klaviyo.close();
});

/** An account with a connection to it; gives both, and everybody's profile. */
async function connect(count: number, nameOf: (i: number) => string) {
  const account = klaviyo.addAccount();
  const profiles = Array.from({ length: count }, (_, i) =>
    account.addProfile({ email: `p${i}@example.com`, first_name: nameOf(i), properties: { Colour: '#ff0000' } }),
  );
  const made = await service.api('POST', '/v1/connections', {
    ...{ platform: 'klaviyo', apiKey: account.apiKey },
    mapping: { first_name: 'first_name', color: 'Colour' },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return { account: account.id, connection: (made.body as { id: string }).id, profiles };
}

const read = async (id: string): Promise<Warmup> => (await service.api('GET', `/v1/warmups/${id}`)).body;

async function over(id: string): Promise<Warmup> {
  for (;;) {
    const found = await read(id);
    if (!/queued|running/.test(found.state)) return found;
    await pause(20);
  }
}

const outcomeOf = async (reference: unknown): Promise<string | null> =>
  (await look(`${service.url}${new URL(link.url).pathname}?c=${reference}`)).outcome;

describe('mergepix warm', () => {
  it('has every picture ready before it is asked for, beside a service that runs', async () => {
    const { connection, profiles } = await connect(130, (i) => `Reader ${i}`);
    const done = await run(folder, ['warm', link.id, '--connection', connection, '--send', 'spring', '--json'], env);
    expect(done.code, done.err).toBe(0);
    expect(JSON.parse(done.out)).toMatchObject({ state: 'complete', contacts: 130, pictures: 130, ready: 130 });
    expect(done.out).not.toMatch(/Reader \d/);
    for (const { properties } of profiles) expect(await outcomeOf(properties.mergepix)).toBe('hit');
    const again = await run(folder, ['warm', link.id, '--connection', connection, '--send', 'spring'], env);
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('130 contacts, 130 pictures')]);
  }, 60_000);

  it('ends with 1 when somebody should look, and says why', async () => {
    const { connection } = await connect(10, (i) => (i < 5 ? '' : `Looker ${i}`));
    const done = await run(folder, ['warm', link.id, '--connection', connection], env);
    expect([done.code, done.out]).toEqual([1, expect.stringContaining('attention: blank')]);
    expect(done.out).toContain('first_name: 5 blank (50%)');
    expect(done.out).toContain('attention: blank, a field is blank for more than 30% of the contacts');
    const nothing = await run(folder, ['warm', 'nothing'], env);
    expect([nothing.code, nothing.err]).toEqual([1, expect.stringContaining('There is no link with that id')]);
    const apart = await run(folder, ['warm', link.id], { ...env, MERGEPIX_CACHE: 'memory:' });
    expect([apart.code, apart.err]).toEqual([1, expect.stringContaining('POST /v1/warmups')]);
  }, 60_000);
});

describe('mergepix warm for a connection that maps less than the picture shows', () => {
  it('shouts about what is forgotten, and is content once that is left out on purpose', async () => {
    const { connection } = await connect(3, (i) => `Plain ${i}`);
    await service.api('PATCH', `/v1/connections/${connection}`, { mapping: { first_name: 'first_name' } });
    const warm = () => run(folder, ['warm', link.id, '--connection', connection, '--send', 'plain'], env);
    const forgotten = await warm();
    expect([forgotten.code, forgotten.out]).toEqual([1, expect.stringContaining('attention: unmapped')]);
    expect(forgotten.out).toContain(`mergepix connection change ${connection} --map color=<tag> maps it`);
    expect(forgotten.out).not.toMatch(/blank/);
    await run(folder, ['connection', 'change', connection, '--map', 'color='], env);
    const content = await warm();
    expect([content.code, content.out]).toEqual([0, expect.not.stringContaining('color')]);
  }, 90_000);
});

describe('mergepix warm that is stopped', () => {
  it.each([
    { args: ['--send', 'stopped'], others: ', and so does the same command\n' },
    { args: [], others: '\n' },
  ])(
    'says who goes on with $args',
    async ({ args, others }) => {
      const { account, connection } = await connect(5, (i) => `Stopped ${i}`);
      const count = () => klaviyo.asked.filter((each) => each.route === 'profiles' && each.account === account).length;
      klaviyo.happen([{ kind: 'slow', ms: 1500 }], 'profiles');
      const asked = count();
      const child = start(folder, ['warm', link.id, '--connection', connection, ...args], env);
      let said = '';
      child.stderr.on('data', (text) => {
        said += text;
      });
      while (count() === asked) await pause(20);
      child.kill('SIGINT');
      const [code] = await once(child, 'close');
      expect([code, said]).toEqual([130, `stopped: a service that runs goes on with it${others}`]);
      const { data } = (await service.api('GET', '/v1/warmups?limit=1')).body as { data: Warmup[] };
      expect(await over(data[0]?.id ?? '')).toMatchObject({ state: 'complete', failed: 0 });
    },
    60_000,
  );
});

describe('the same order for the same send', () => {
  it('gives the warm-up there is until its pictures are lost, and then makes them again', async () => {
    const dataDir = join(folder, 'lost');
    let apart = await startTestService({ ...env, MERGEPIX_DATA_DIR: dataDir });
    await publish(apart, swatch());
    const { id: own } = (await apart.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo' }))
      .body as typeof link;
    for (const first_name of ['Ada', 'Bea', 'Cleo'])
      await apart.api('POST', '/v1/contacts', { fields: { first_name } });
    const order = async (): Promise<Warmup> => {
      const { id } = (await apart.api('POST', '/v1/warmups', { links: [own], send: 'spring' })).body as Warmup;
      const read = async (): Promise<Warmup> => (await apart.api('GET', `/v1/warmups/${id}`)).body;
      await expect.poll(async () => (await read()).state, { timeout: 20_000 }).toBe('complete');
      return read();
    };
    const first = await order();
    expect(first).toMatchObject({ made: 3, warm: 0 });
    expect((await order()).id).toBe(first.id);
    await apart.api('POST', '/v1/cache/purge', { link: own });
    const purged = await order();
    expect([purged.id === first.id, purged.made, (await order()).id]).toEqual([false, 3, purged.id]);
    await apart.close();
    await rm(join(dataDir, 'cache'), { recursive: true });
    apart = await startTestService({ ...env, MERGEPIX_DATA_DIR: dataDir });
    const lost = await order();
    expect([lost.id === purged.id, lost.made, (await order()).id]).toEqual([false, 3, lost.id]);
    await apart.close();
  }, 60_000);
});

describe('a cache in the memory of the service', () => {
  it('gets no pictures of workers: the warm-up is refused', async () => {
    const apart = await startTestService({ MERGEPIX_CACHE: 'memory:', MERGEPIX_JOBS: 'off' });
    await publish(apart, swatch());
    const made = await apart.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo' });
    const refused = await apart.api('POST', '/v1/warmups', { links: [(made.body as { id: string }).id] });
    expect([refused.status, refused.body]).toEqual([
      400,
      expect.objectContaining({ detail: expect.stringContaining('set MERGEPIX_CACHE to a cache that they share') }),
    ]);
    await apart.close();
  }, 30_000);
});

describe('a warm-up whose processes are killed over and over', () => {
  const COUNT = 500;
  const KILLS = 4;
  const workers: ChildProcess[] = [];
  afterEach(() => {
    for (const worker of workers.splice(0)) worker.kill('SIGKILL');
  });

  it('makes every picture, and next to none of them twice', async () => {
    const { connection } = await connect(COUNT, (i) => `Survivor ${i}`);
    const ordering = await startTestService({ ...env, MERGEPIX_JOBS: 'off' });
    await service.close();
    service = ordering;
    const made = join(folder, 'made.txt');
    await writeFile(made, '');
    const ordered = await service.api('POST', '/v1/warmups', { links: [link.id], connection });
    const { id } = ordered.body as Warmup;
    const startWorker = () => {
      const worker = spawn(process.execPath, [resolve('test/e2e/warmup-worker.mjs')], {
        env: {
          ...{ PATH: process.env.PATH, MERGEPIX_LOG_LEVEL: 'silent', MERGEPIX_RENDER_PROCESSES: '1' },
          ...{ ...env, MADE_FILE: made },
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      workers.push(worker);
      return worker;
    };
    const progress = async () => {
      const { state, phase } = await read(id);
      const keys = (await readFile(made, 'utf8')).split('\n').filter((key) => key !== '');
      return { isOver: !/queued|running/.test(state), phase, keys };
    };
    let kills = 0;
    for (let isOver = false; !isOver; ) {
      const worker = startWorker();
      const before = await progress();
      for (;;) {
        const now = await progress();
        isOver = now.isOver;
        const isFurther = now.phase !== before.phase || now.keys.length >= before.keys.length + COUNT / KILLS;
        if (isOver || (isFurther && kills < KILLS)) break;
        await pause(5);
      }
      worker.kill('SIGKILL');
      await once(worker, 'exit');
      kills++;
    }
    expect(await over(id)).toMatchObject({ state: 'complete', failed: 0, contacts: COUNT, ready: COUNT });
    const { keys } = await progress();
    expect(new Set(keys).size).toBe(COUNT);
    // What was drawn and not yet written, at most what is under way at a time.
    expect(keys.length - COUNT, 'pictures were made twice').toBeLessThanOrEqual(kills * 16);
  }, 180_000);
});
