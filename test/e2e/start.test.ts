import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../real/process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const command = join(root, 'dist', 'cli', 'main.js');

let dataDir: string;
let running: ChildProcess[] = [];
beforeEach(async () => {
  expect(existsSync(command), 'build first: npm run build').toBe(true);
  dataDir = await mkdtemp(join(tmpdir(), 'mergepix-'));
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running = [];
});

/** `npm start` without npm: the service as its own process, with nothing of this one's environment but the path. */
function serve(env: Record<string, string> = {}) {
  const settings = { MERGEPIX_PORT: '0', MERGEPIX_DATA_DIR: dataDir, MERGEPIX_LOG_LEVEL: 'warn', ...env };
  const child = spawn(process.execPath, [command, 'serve'], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', ...settings },
  });
  running.push(child);
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  const ended = once(child, 'exit').then(([code]) => ({ code: code as number | null, output, errors }));
  return {
    child,
    ended,
    async banner(): Promise<string> {
      const told = expect
        .poll(() => output, { timeout: 50_000, message: `no banner; ${errors}` })
        .toContain('The API: ');
      await Promise.race([told, ended.then(({ errors }) => Promise.reject(new Error(`it ended: ${errors}`)))]);
      return output;
    },
  };
}

function isGroup(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(-pid, 0);
  } catch {
    return false;
  }
}

describe('npm start', () => {
  it('is ready only once what it comes with can be had', async () => {
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const admin = 'an-admin-key-for-tests-that-is-long-enough';
    serve({ MERGEPIX_PORT: `${port}`, MERGEPIX_HOST: '127.0.0.1', MERGEPIX_ADMIN_KEY: admin });
    const isReady = async () => (await fetch(`${origin}/readyz`).catch(() => undefined))?.ok;
    await expect.poll(isReady, { timeout: 50_000, interval: 5 }).toBe(true);
    const answer = await fetch(`${origin}/v1/templates?limit=100`, { headers: { authorization: `Bearer ${admin}` } });
    const { data } = (await answer.json()) as { data: { name: string }[] };
    const samples = (await readdir(join(root, 'examples'), { withFileTypes: true }))
      .filter((entry) => existsSync(join(root, 'examples', entry.name, 'template.json')))
      .map(({ name }) => name);
    expect(data.map(({ name }) => name).sort()).toEqual(samples.sort());
  }, 60_000);

  it('ends in a service whose printed address shows the sample, drawn', async () => {
    const service = serve();
    const banner = await service.banner();
    const address = /https?:\/\/\S+\/i\/[^\s"?]+/.exec(banner)?.[0] ?? '';
    const response = await fetch(address);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-mergepix-outcome')).toMatch(/^(?:hit|rendered)$/);
    const { data, info } = await sharp(Buffer.from(await response.arrayBuffer()))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([1200, 600]);
    // A drawn hero has thousands of colours; a blank or neutral one has few.
    const colours = new Set<number>();
    for (let i = 0; i < data.length; i += 3 * 97) colours.add(data.readUIntBE(i, 3));
    expect(colours.size).toBeGreaterThan(500);

    for (const [platform, tag] of [
      ['Mailchimp', '*|MERGEPIX|*'],
      ['Klaviyo', "{{ person|lookup:'mergepix'"],
    ]) {
      const block = new RegExp(`${platform}:\\s+(<img [^\\n]+>)`).exec(banner)?.[1] ?? '';
      expect(block, platform).toContain(tag);
      const src = (/src="([^"?]+)/.exec(block)?.[1] ?? '').replaceAll('&amp;', '&');
      const picture = await fetch(src);
      expect(picture.headers.get('x-mergepix-outcome'), platform).toBe('defaults; contact-blank');
      expect((await sharp(Buffer.from(await picture.arrayBuffer())).metadata()).width).toBe(1200);
    }
    const { origin } = new URL(address);
    expect((await fetch(`${origin}/readyz`)).status).toBe(200);
    expect(banner).toContain(`${origin}/docs`);

    const keys = await readdir(dataDir);
    expect(keys).toEqual(expect.arrayContaining(['keys.json', 'admin.key']));
    for (const file of ['keys.json', 'admin.key']) expect((await stat(join(dataDir, file))).mode & 0o777).toBe(0o600);
    const key = (await readFile(join(dataDir, 'admin.key'), 'utf8')).trim();
    expect(banner).not.toContain(key);
    const templates = await fetch(`${origin}/v1/templates`, { headers: { authorization: `Bearer ${key}` } });
    expect(((await templates.json()) as { data: unknown[] }).data.length).toBeGreaterThanOrEqual(4);

    service.child.kill('SIGTERM');
    expect(await service.ended).toMatchObject({ code: 0 });
    const again = await serve().banner();
    // Another port and, for the studio, another way in.
    const lasting = (text: string) =>
      text.replaceAll(/localhost:\d+/g, 'localhost').replace(/#sign-in=[\w-]{43}\n/, '');
    expect(lasting(again), 'the same addresses at the next start').toBe(lasting(banner));
    expect(again.match(/#sign-in=\S+/)?.[0]).not.toBe(banner.match(/#sign-in=\S+/)?.[0]);
  }, 60_000);

  it('ends when npm is told to end, and frees its port', async () => {
    const settings = { MERGEPIX_PORT: '0', MERGEPIX_DATA_DIR: dataDir, MERGEPIX_LOG_LEVEL: 'warn' };
    const { PATH = '', HOME = '' } = process.env;
    // A group of its own, so that a service that outlives npm can still be ended.
    const npm = spawn('npm', ['start'], { cwd: root, env: { PATH, HOME, ...settings }, detached: true });
    const closed = once(npm, 'exit');
    try {
      let output = '';
      npm.stdout.on('data', (chunk) => (output += chunk));
      await expect.poll(() => output, { timeout: 25_000, message: 'no banner' }).toContain('The API: ');
      const [origin = ''] = /http:\/\/localhost:\d+/.exec(output) ?? [];
      npm.kill('SIGTERM');
      await closed;
      await expect(fetch(`${origin}/healthz`), 'the service is still there without npm').rejects.toThrow();
    } finally {
      if (isGroup(npm.pid)) process.kill(-(npm.pid ?? 0), 'SIGKILL');
    }
  }, 60_000);

  it('refuses to run in production without keys, and names the variables', async () => {
    const { code, errors } = await serve({ NODE_ENV: 'production' }).ended;
    expect(code).not.toBe(0);
    for (const name of ['SIGNING_KEYS', 'ENCRYPTION_KEYS', 'ADMIN_KEY']) expect(errors).toContain(`MERGEPIX_${name}`);
    expect(errors).not.toMatch(/\n\s+at /);
  }, 60_000);

  it('says in one line what keeps it from starting, without a stack', async () => {
    const blocker = createServer().listen(0);
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    for (const env of [
      { MERGEPIX_PORT: String(port) },
      { MERGEPIX_DATA_DIR: '/dev/null/data' },
      { MERGEPIX_DATABASE: 'sqlite:/dev/null/x.db' },
    ]) {
      const { code, errors } = await serve(env).ended;
      expect(code).not.toBe(0);
      expect(errors.trim().split('\n').length, errors).toBe(1);
    }
    blocker.close();
  }, 60_000);
});
