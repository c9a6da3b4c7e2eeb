import type { Redis } from 'ioredis';
import { nanoid } from 'nanoid';
import { AppError } from '../../core/errors.ts';
import { isLate, within } from '../deadline.ts';
import type { Log } from '../observe/log.ts';

const CONNECT_MS = 1000;
const SILENT_MS = 2000;
const RETRY_MS = 1000;
const START_MS = 3000;
const PROBE_MS = 10_000;
const REFUSED = /^(?:WRONGPASS|NOAUTH|NOPERM|ERR (?:invalid password|AUTH|Client sent AUTH|DB index|invalid DB))/i;

/** Where the queue's Redis is, and the address of the cache, which must not be in the same database. */
export type QueueRedisOptions = { readonly url: string; readonly cache: string; readonly log: Log };

/**
 * Connects to the Redis of a queue: what it cannot answer now is refused at once. Without an answer the service starts
 * all the same. Throws `start_failed` when it refuses us, or could lose jobs: a server that evicts, or the cache's own.
 */
export async function openQueueRedis({ url, cache, log }: QueueRedisOptions): Promise<Redis> {
  const client = await connectTo(url);
  let refusal: Error | undefined;
  let isAway = false;
  client.on('error', (error: Error) => {
    if (REFUSED.test(error.message)) refusal = error;
  });
  client.on('reconnecting', () => {
    if (!isAway) log.warn('queue.away');
    isAway = true;
  });
  try {
    const answer = await within(client.connect(), START_MS).catch(() => undefined);
    if (refusal) {
      const message = 'The Redis of MERGEPIX_QUEUE refuses us: check its user, password and database.';
      throw new AppError('start_failed', message, { cause: refusal });
    }
    if (client.status === 'ready' && !isLate(answer)) await check(client, cache, log);
    client.on('ready', () => {
      isAway = false;
      log.info('queue.back');
      // One that took its place may be another one.
      check(client, cache, log).catch((error: unknown) => log.error('queue.unsafe', {}, error));
    });
    return client;
  } catch (error) {
    client.disconnect();
    throw error;
  }
}

async function connectTo(url: string): Promise<Redis> {
  const { Redis: Client } = await import('ioredis').catch((cause: unknown) => {
    throw new AppError('start_failed', 'The Redis library does not load: run ./setup again.', { cause });
  });
  return new Client(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_MS,
    // A server that hangs keeps its connections: only our own end of them can give up.
    socketTimeout: SILENT_MS,
    retryStrategy: (attempt) => Math.min(attempt * 100, RETRY_MS),
  });
}

async function check(client: Redis, cache: string, log: Log): Promise<void> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await client.info('memory'))?.[1];
  if (policy === undefined) log.warn('queue.policy_unknown');
  else if (policy !== 'noeviction') {
    const message = `The Redis of MERGEPIX_QUEUE throws jobs out when it is full (${policy}): set its maxmemory-policy to noeviction.`;
    throw new AppError('start_failed', message);
  }
  if (!/^rediss?:/.test(cache)) return;
  // Two addresses may lead to one place, so what is put into one is looked for in the other.
  const probe = `mergepix:probe:${nanoid()}`;
  await client.set(probe, '1', 'PX', PROBE_MS);
  const other = await connectTo(cache);
  other.on('error', () => undefined);
  try {
    const found = await within(
      other.connect().then(() => other.exists(probe)),
      START_MS,
    ).catch(() => 0);
    if (found === 1) {
      const message = 'MERGEPIX_QUEUE and MERGEPIX_CACHE are one database: give the queue a Redis of its own.';
      throw new AppError('start_failed', message);
    }
  } finally {
    other.disconnect();
  }
}
