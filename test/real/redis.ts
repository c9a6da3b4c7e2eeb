import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { RealKind } from './describe.ts';
import { createProcess, findProgram, freePort, type RealServer } from './process.ts';

const program = findProgram('redis-server');

/** Redis for tests. */
export const realRedis: RealKind<RealServer> = {
  name: 'Redis',
  missing: program ? undefined : 'needs Redis: apt-get install redis-server, or brew install redis',
  start: startRedis,
};

/** Starts an empty one that keeps nothing over a stop. */
export async function startRedis(): Promise<RealServer> {
  if (!program) throw new Error(`This ${realRedis.missing}`);
  const folder = await mkdtemp(join(tmpdir(), 'mergepix-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const settings = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const running = createProcess({
    command: [program, '--port', String(port), ...settings],
    isReady: () => answers(url),
  });
  await running.start();
  return {
    ...running,
    url,
    get pid() {
      return running.pid();
    },
    async close() {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: null, connectTimeout: 1000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
