import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readInputs } from '../hero/design.mjs';
import { personAt } from '../hero/people.mjs';
import { freePort } from './free-port.mjs';

const MAIN = fileURLToPath(new URL('../../dist/app/main.js', import.meta.url));
const START_LIMIT_MS = 30_000;

/** A data folder of its own for one measurement. */
export async function createDataFolder() {
  const path = await mkdtemp(join(tmpdir(), 'mergepix-bench-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Keys as production asks for them: made here, so that nothing depends on what a first run makes. */
export const createKeys = () => ({
  MERGEPIX_SIGNING_KEYS: `bench:${randomBytes(32).toString('base64url')}`,
  MERGEPIX_ENCRYPTION_KEYS: `bench:${randomBytes(32).toString('base64url')}`,
  MERGEPIX_ADMIN_KEY: randomBytes(32).toString('base64url'),
});

/**
 * Starts the service as `npm start` does, with production settings, and waits until it is ready. `readyMs` is the time
 * from starting the process to the first 200 of /readyz. Throws with what the service said when it does not come up.
 */
export async function startService(folder, keys) {
  const port = await freePort();
  const { PATH, HOME } = process.env;
  const env = {
    PATH,
    HOME,
    NODE_ENV: 'production',
    MERGEPIX_PORT: String(port),
    MERGEPIX_RATE_LIMIT: '1000000',
    MERGEPIX_PUBLIC_URL: `http://localhost:${port}`,
    MERGEPIX_DATA_DIR: folder.path,
    ...keys,
  };
  const started = performance.now();
  const child = spawn(process.execPath, [MAIN, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let hasStarted = false;
  const listen = (chunk) => {
    said = `${said}${chunk}`.slice(-2000);
    hasStarted ||= said.includes('"event":"started"');
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };

  const origin = `http://127.0.0.1:${port}`;
  let readyMs;
  // On its first start it goes on to publish the samples, which nothing measured here should share the machine with.
  while (readyMs === undefined || !hasStarted) {
    if (readyMs === undefined && (await isReady(origin))) readyMs = performance.now() - started;
    if (child.exitCode !== null) throw new Error(`the service ended while it started:\n${said}`);
    if (performance.now() - started > START_LIMIT_MS) {
      await stop();
      throw new Error(`the service was not ready after ${START_LIMIT_MS / 1000} s:\n${said}`);
    }
    await sleep(5);
  }
  return { pid: child.pid, origin, readyMs, stop, said: () => said };
}

async function isReady(origin) {
  try {
    return (await fetch(`${origin}/readyz`)).ok;
  } catch {
    return false;
  }
}

/** Asks the service's API; throws with its answer when that is no success. */
export async function call({ origin, said }, { MERGEPIX_ADMIN_KEY }, method, path, body, type = 'application/json') {
  const headers = { authorization: `Bearer ${MERGEPIX_ADMIN_KEY}`, 'content-type': type };
  const response = await fetch(`${origin}${path}`, { method, headers, body }).catch(() => {
    throw new Error(`the service no longer answers:\n${said()}`);
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** Publishes the benchmark's hero through the API, with `changes` to its document and its output; gives its name. */
export async function publishHero(service, keys, { output, ...changes } = {}) {
  const { template, photo, avatar } = await readInputs();
  const hero = JSON.parse(template);
  const document = { ...hero, ...changes, output: { ...hero.output, ...output } };
  const { name } = document;
  await call(service, keys, 'PUT', '/v1/assets/photo', photo, 'image/jpeg');
  await call(service, keys, 'PUT', '/v1/assets/avatar', avatar, 'image/jpeg');
  const { version } = await call(service, keys, 'POST', `/v1/templates/${name}/versions`, JSON.stringify(document));
  await call(service, keys, 'POST', `/v1/templates/${name}/versions/${version}/publish`);
  return name;
}

/** Publishes the hero and makes one person's picture; gives the path of its signed URL. */
export async function makePicture(service, keys) {
  const template = await publishHero(service, keys);
  const order = { template, data: personAt(0), format: 'jpeg' };
  const { url } = await call(service, keys, 'POST', '/v1/generate', JSON.stringify(order));
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/** Publishes the hero with every field open to the address; gives the path of a link to it. */
export async function linkHero(service, keys) {
  const template = await publishHero(service, keys, { links: { allowMerge: true } });
  const fields = Object.fromEntries(Object.keys(personAt(0)).map((name) => [name, { from: 'open', tag: name }]));
  const policy = { rendersPerMinute: 100_000 };
  const order = { template, platform: 'klaviyo', mode: 'merge', fields, policy };
  const { url } = await call(service, keys, 'POST', '/v1/links', JSON.stringify(order));
  return new URL(url).pathname;
}
