import { AppError } from '../../../core/errors.ts';
import { type Script, scripts } from './redis-scripts.ts';
import { type CacheStore, ENTRY_BYTES, pinnable, type StoredEntry, TAG_BYTES } from './store.ts';

// In braces, so that a cluster keeps all of it in one place.
const PREFIX = '{mergepix}:';
// Before the bytes: when they expire, as a double.
const HEADER_BYTES = 8;
const CONNECT_MS = 1000;
const SILENT_MS = 2000;
const RETRY_MS = 1000;
const AT_ONCE = 500;

/**
 * A store in Redis, for several machines: at most `maxBytes` by its own count, whatever the server's own limit is. It
 * connects behind: until it can, and whenever it cannot, everything is refused at once.
 */
export async function openRedisStore(url: string, maxBytes: number): Promise<CacheStore> {
  const { Redis } = await import('ioredis').catch((cause: unknown) => {
    throw new AppError('start_failed', 'The Redis library does not load: run ./setup again.', { cause });
  });
  const client = new Redis(url, {
    scripts: scripts(TAG_BYTES),
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_MS,
    // A server that hangs keeps its connections: only our own end of them can give up.
    socketTimeout: SILENT_MS,
    retryStrategy: (attempt) => Math.min(attempt * 100, RETRY_MS),
  });
  // What goes wrong is heard by whoever asks; an event nobody hears would end the process.
  client.on('error', () => undefined);

  type Run = (prefix: string, now: number, maxBytes: number, ...rest: (string | number | Buffer)[]) => Promise<unknown>;
  const commands = client as unknown as Record<Script, Run>;
  const run = (script: Script, ...rest: (string | number | Buffer)[]) =>
    commands[script](PREFIX, Date.now(), maxBytes, ...rest);
  let evicted = 0;
  const noteEvicted = (count: unknown) => {
    evicted += count as number;
  };

  const store: CacheStore = {
    name: 'redis',
    opts: {},
    async get(key) {
      const stored = await client.getBuffer(`${PREFIX}p:${key}`);
      if (!stored || stored.length < HEADER_BYTES) return undefined;
      return { value: { bytes: stored.subarray(HEADER_BYTES) }, expires: stored.readDoubleLE(0) } as never;
    },
    async set(key, { value: { bytes, tags = [] }, expires }: StoredEntry) {
      const stored = Buffer.allocUnsafe(HEADER_BYTES + bytes.length);
      stored.writeDoubleLE(expires, 0);
      bytes.copy(stored, HEADER_BYTES);
      const size = bytes.length + ENTRY_BYTES;
      noteEvicted(await run('keepPicture', key, stored, size, expires, ...tags));
    },
    delete: async (key) => (await run('forgetPicture', key)) === 1,
    async clear() {
      while ((await run('dropSome')) !== 0);
    },
    async tag(marks) {
      for (let i = 0; i < marks.length; i += AT_ONCE) {
        noteEvicted(await run('tagPictures', ...marks.slice(i, i + AT_ONCE).flat()));
      }
    },
    async drop(tag) {
      let dropped = 0;
      for (;;) {
        const [now = 0, seen = 0] = (await run('dropTag', tag)) as number[];
        if (seen === 0) return dropped;
        dropped += now;
      }
    },
    async touch(keys) {
      for (let i = 0; i < keys.length; i += AT_ONCE) {
        const now = Date.now();
        const used = keys.slice(i, i + AT_ONCE).flatMap((key) => [now, key]);
        await client.zadd(`${PREFIX}use`, 'XX', ...used);
      }
    },
    async pin(keys, until) {
      const answer = await run('pinPictures', pinnable(maxBytes), until, ...keys);
      const [pinned, lacking, missing] = answer as [number, number, string[]];
      return { pinned, lacking, missing };
    },
    async held() {
      const [entries = 0, bytes = 0, pinnedBytes = 0] = (await run('countPictures')) as number[];
      return { entries, bytes, pinnedBytes, evicted };
    },
    async disconnect() {
      client.disconnect();
    },
    on: () => store,
  };
  return store;
}
