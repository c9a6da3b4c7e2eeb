import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../real/describe.ts';
import { freePort } from '../real/process.ts';
import { realRedis } from '../real/redis.ts';
import { adminKey, look, publish, startTestService, swatch, type TestService } from './service.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const command = join(root, 'dist', 'cli', 'main.js');

describeReal(realRedis, 'a service that leaves its jobs to workers', (server) => {
  let service: TestService;
  let running: ChildProcess[] = [];
  const settings = () => ({ MERGEPIX_QUEUE: server().url, MERGEPIX_LOG_LEVEL: 'warn' });

  beforeAll(async () => {
    service = await startTestService({ ...settings(), MERGEPIX_JOBS: 'off' });
    await publish(service, swatch());
  });
  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
    running = [];
  });
  afterAll(() => service.close());

  /** `mergepix worker` as its own process on the service's records. */
  async function startWorker(...options: string[]) {
    const port = await freePort();
    const child = spawn(process.execPath, [command, 'worker', ...options], {
      cwd: root,
      env: {
        ...{ PATH: process.env.PATH ?? '', MERGEPIX_DATA_DIR: service.dataDir, MERGEPIX_ADMIN_KEY: adminKey },
        ...{ MERGEPIX_PORT: `${port}`, MERGEPIX_HOST: '127.0.0.1', MERGEPIX_RENDER_PROCESSES: '1' },
        ...settings(),
      },
    });
    running.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    const ended = once(child, 'exit').then(([code]) => ({ code: code as number | null, output }));
    const url = `http://127.0.0.1:${port}`;
    const isUp = async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status;
    return { child, ended, url, isUp: () => expect.poll(isUp, { timeout: 25_000, message: output }).toBe(200) };
  }

  const order = async (): Promise<string> => {
    const given = { template_id: 'swatch', data: { first_name: 'Amira', color: '#112233' }, format: 'png' };
    return ((await service.api('POST', '/v1/renders', given)).body as { job_id: string }).job_id;
  };
  const read = async (id: string) =>
    (await service.api('GET', `/v1/renders/${id}`)).body as { status: string; output_url?: string };
  const metrics = async (url: string, key = adminKey) => {
    const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
    return answer.status === 200 ? await answer.text() : answer.status;
  };

  it('has them done by a worker, which tells of its health and figures and nothing else', async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, order));
    expect(await metrics(service.url)).toMatch(/^mergepix_queue_desired_workers 2$/m);
    expect(await read(ids[0] ?? '')).toMatchObject({ status: 'queued' });
    const worker = await startWorker();
    await worker.isUp();
    for (const id of ids) await expect.poll(async () => (await read(id)).status, { timeout: 20_000 }).toBe('complete');
    expect(await look((await read(ids[0] ?? '')).output_url ?? '')).toMatchObject({ status: 200, color: '#112233' });
    expect((await fetch(`${worker.url}/healthz`)).status).toBe(200);
    await expect.poll(() => metrics(worker.url)).toMatch(/^mergepix_queue_desired_workers 0$/m);
    expect(await metrics(worker.url)).toContain('mergepix_store_up{store="queue"} 1');
    expect(await metrics(worker.url, 'another-key-that-is-long-enough-to-be-one')).toBe(401);
    expect((await fetch(`${worker.url}/v1/templates`)).status).toBe(404);
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toMatchObject({ code: 0 });
  }, 60_000);

  it('does not wait for a Redis that hangs, and has what was ordered meanwhile done later', async () => {
    const worker = await startWorker();
    await worker.isUp();
    const { body } = await service.api('POST', '/v1/links', { template: 'swatch', platform: 'mailchimp' });
    const contact = await service.api('POST', '/v1/contacts', { fields: { first_name: 'Bo', color: '#445566' } });
    const { reference } = contact.body as { reference: string };
    const address = `${service.url}${new URL((body as { url: string }).url).pathname}?c=${reference}`;
    server().freeze();
    let id: string;
    try {
      expect(await look(address)).toMatchObject({ status: 200, outcome: 'rendered', color: '#445566' });
      id = await order();
      expect(await metrics(service.url)).toContain('mergepix_store_up{store="queue"} 0');
    } finally {
      server().thaw();
    }
    await expect.poll(async () => (await read(id)).status, { timeout: 20_000 }).toBe('complete');
  }, 60_000);

  it('has a workspace whose jobs some workers do alone', async () => {
    const id = await order();
    const made = await service.api('POST', '/v1/workspaces', { id: 'acme', name: 'Acme' });
    expect(made.status).toBe(201);
    await (await startWorker('--workspace', 'acme')).isUp();
    expect(await read(id)).toMatchObject({ status: 'queued' });
    await startWorker('--workspace', 'acme', '--workspace', 'default');
    await expect.poll(async () => (await read(id)).status, { timeout: 25_000 }).toBe('complete');
  }, 60_000);

  it('refuses a worker of a workspace that is not there', async () => {
    const worker = await startWorker('--workspace', 'nobody');
    const { code, output } = await worker.ended;
    expect(code).not.toBe(0);
    expect(output).toContain('There is no workspace nobody: check --workspace.');
  }, 60_000);
});
