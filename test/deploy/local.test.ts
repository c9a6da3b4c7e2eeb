import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { type Program, startTopology } from '../../examples/deploy/local.mjs';
import { look, swatch } from '../e2e/service.ts';
import { describeReal } from '../real/describe.ts';
import { fileAt, healthCheck } from './files.ts';
import { realTopology } from './topology.ts';

describeReal(realTopology, 'two that serve and two workers behind nginx', (topology) => {
  const call = async (method: string, path: string, body?: unknown, origin = topology().url) => {
    const response = await fetch(origin + path, {
      method,
      headers: { authorization: `Bearer ${topology().adminKey}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Record<string, never>;
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const publish = async (template: { name: string }) => {
    const { version } = await call('POST', `/v1/templates/${template.name}/versions`, template);
    await call('POST', `/v1/templates/${template.name}/versions/${version}/publish`);
  };
  const addressOf = async (template: string): Promise<string> => {
    const { url } = await call('POST', '/v1/links', { template, platform: 'mailchimp' });
    return new URL(url ?? '').pathname;
  };
  /** The path of somebody's picture, once it is made: on a busy machine the first look may be a stand-in. */
  const pathOf = async (color: string): Promise<string> => {
    const path = `${address}?c=${await referenceOf(color)}`;
    await expect.poll(async () => (await look(serving(0).url + path)).color, { timeout: 20_000 }).toBe(color);
    return path;
  };
  const referenceOf = async (color: string): Promise<string> =>
    (await call('POST', '/v1/contacts', { fields: { color } })).reference ?? '';
  const edge = async (path: string) => {
    const { headers, ...picture } = await look(topology().url + path);
    return { ...picture, cache: headers.get('x-cache') };
  };
  const figure = async (name: string, { url }: Program): Promise<number> => {
    const headers = { authorization: `Bearer ${topology().metricsKey}` };
    const text = await (await fetch(`${url}/metrics`, { headers })).text();
    return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
  };
  const serving = (i: number): Program => topology().serves[i] as Program;
  const working = (i: number): Program => topology().workers[i] as Program;

  let address: string;
  beforeAll(async () => {
    await publish(swatch());
    address = await addressOf('swatch');
  });

  // Whatever else fails then, this says why.
  afterEach(() => expect(topology().lost().join('\n'), 'a part has ended by itself').toBe(''));

  it('shows everybody their own picture, the second time without asking the service', async () => {
    const people = await Promise.all(
      ['#ff0000', '#0000ff'].map(async (color) => ({ color, path: await pathOf(color) })),
    );
    for (const { color, path } of people) expect(await edge(path)).toMatchObject({ status: 200, color, cache: 'MISS' });
    for (const { color, path } of people) expect(await edge(path)).toMatchObject({ status: 200, color, cache: 'HIT' });
    // Whoever of the two drew it, the other has it, too.
    for (const { color, path } of people) {
      for (const i of [0, 1]) expect(await look(serving(i).url + path)).toMatchObject({ outcome: 'hit', color });
    }
  });

  it('makes one request of many who ask for the same at once', async () => {
    const path = await pathOf('#00ff00');
    const answers = await Promise.all(Array.from({ length: 20 }, () => edge(path)));
    expect(answers.map(({ status, color }) => `${status} ${color}`)).toEqual(answers.map(() => '200 #00ff00'));
    expect(answers.filter(({ cache }) => cache === 'MISS')).toHaveLength(1);
  });

  it('lets through what is for everybody, and nothing else', async () => {
    const { headers } = await fetch(topology().url + address);
    expect(headers.get('server')).toBe('nginx');
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect((await fetch(topology().url + address, { method: 'POST' })).status).toBe(403);
    const headersOfOperator = { authorization: `Bearer ${topology().adminKey}` };
    for (const path of ['/metrics', '/readyz']) {
      expect((await fetch(topology().url + path, { headers: headersOfOperator })).status, path).toBe(404);
    }
  });

  it('is found well by the check of the image as long as it is', async () => {
    const [program = '', ...args] = healthCheck();
    const check = ({ url }: Program): Promise<number> =>
      new Promise((resolve) => {
        const env = { PATH: process.env.PATH, MERGEPIX_PORT: new URL(url).port };
        execFile(program, args, { env }, (error) => resolve(error ? Number(error.code) : 0));
      });
    expect(await Promise.all([serving(0), working(0)].map(check))).toEqual([0, 0]);
    await working(1).stop();
    expect(await check(working(1))).toBe(1);
    await working(1).start();
    expect(await check(working(1))).toBe(0);
  });

  it('goes on with a batch when the worker that draws it is lost', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => ({ first_name: `Name ${i}` }));
    const { id } = await call('POST', '/v1/batches', { template: 'swatch', rows, naming: 'first_name' });
    const batch = () => call('GET', `/v1/batches/${id}`);
    await expect.poll(async () => (await batch()).done, { timeout: 20_000, interval: 50 }).toBeGreaterThan(0);
    expect(await figure('mergepix_queue_desired_workers', serving(0))).toBeGreaterThan(0);
    const busy = await Promise.all([0, 1].map((i) => figure('mergepix_render_processes{state="busy"}', working(i))));
    const lost = working((busy[0] ?? 0) >= (busy[1] ?? 0) ? 0 : 1);
    await lost.kill();
    await expect
      .poll(batch, { timeout: 120_000, interval: 500 })
      .toMatchObject({ state: 'complete', total: rows.length, done: rows.length, failed: 0 });
    await expect.poll(() => figure('mergepix_queue_desired_workers', serving(1))).toBe(0);
    await lost.start();
  }, 160_000);

  it('answers recipients while one of those that serve is lost', async () => {
    await serving(0).kill();
    const paths = await Promise.all(['#111111', '#222222', '#333333'].map(referenceOf));
    for (const reference of paths) expect(await edge(`${address}?c=${reference}`)).toMatchObject({ status: 200 });
    await serving(0).start();
  });

  it('leaves nothing running when it is stopped', async () => {
    const { nginx, postgres, cache, queue, serves, workers, stop } = topology();
    const programs = [nginx, postgres, cache, queue, ...serves, ...workers];
    const pids = programs.map(({ pid }) => pid ?? 0);
    expect(pids.filter((pid) => pid === 0)).toEqual([]);
    await stop();
    const isAlive = (pid: number): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('goes on where it was when its folder is kept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mergepix-kept-'));
    const contacts: unknown[] = [];
    for (const method of ['POST', 'GET']) {
      const again = await startTopology({ serves: 1, workers: 0, folder, env: { MERGEPIX_RENDER_PROCESSES: '1' } });
      const response = await fetch(`${again.url}/v1/contacts${method === 'GET' ? '?key=somebody' : ''}`, {
        method,
        headers: { authorization: `Bearer ${again.adminKey}`, 'content-type': 'application/json' },
        ...(method === 'POST' && { body: JSON.stringify({ key: 'somebody', fields: { color: '#ff0000' } }) }),
      });
      contacts.push(await response.json());
      await again.stop();
    }
    const [{ id }, found] = contacts as [{ id: string }, unknown];
    expect(JSON.stringify(found)).toContain(id);
    rmSync(folder, { recursive: true });
  }, 120_000);

  it('says on the command line which part has ended by itself', async () => {
    const child = spawn(process.execPath, [fileAt('examples/deploy/local.mjs')]);
    const ended = once(child, 'exit');
    let [said, complained] = ['', ''];
    child.stdout.on('data', (text) => {
      said += text;
    });
    child.stderr.on('data', (text) => {
      complained += text;
    });
    await expect.poll(() => said + complained, { timeout: 60_000 }).toContain('Ctrl-C stops everything');
    process.kill(Number(/^worker-2 .*\(process (\d+)\)$/m.exec(said)?.[1]), 'SIGKILL');
    await expect.poll(() => complained, { timeout: 10_000 }).toContain('worker-2 has ended by itself, with SIGKILL');
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  }, 120_000);
});
