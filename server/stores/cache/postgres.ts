import type { Pool, QueryResultRow } from 'pg';
import { AppError } from '../../../core/errors.ts';
import { type CacheStore, ENTRY_BYTES, pinnable, type StoredEntry, TAG_BYTES } from './store.ts';

const CONNECTIONS = 6;
const CONNECT_MS = 1000;
// The server's own limit is a little earlier than ours, which also gives up connections that say nothing any more.
const STATEMENT_MS = 3000;
const SILENT_MS = 4000;
const AT_ONCE = 500;
// How much may come in, as a share of the bound, before all is counted again. Below the bound by twice as much after it.
const SLACK = 1 / 32;

// As the index of pinned entries has it.
const PINNED = 'pinned_until > 0';

/** Unlogged, for what is losable needs no journal; a crash of the server empties them. */
const TABLES = `
create unlogged table if not exists mergepix_cache (
  key text collate "C" primary key, bytes bytea not null, size bigint not null,
  used_at bigint not null, expires_at bigint not null, pinned_until bigint not null default 0
);
alter table mergepix_cache alter column bytes set storage external;
create index if not exists mergepix_cache_pinned on mergepix_cache (pinned_until) include (size) where ${PINNED};
create index if not exists mergepix_cache_by_end on mergepix_cache (expires_at);
create unlogged table if not exists mergepix_cache_tags (
  tag text collate "C" not null, key text collate "C" not null references mergepix_cache on delete cascade,
  primary key (tag, key)
);
create index if not exists mergepix_cache_tags_by_key on mergepix_cache_tags (key);`;
// Of all processes that start at once, one makes the tables.
const LOCK = 7_301_904_413;

const TAG = `
  with added as (
    insert into mergepix_cache_tags (tag, key)
    select distinct mark.tag, mark.key from unnest($1::text[], $2::text[]) as mark (tag, key)
    where exists (select from mergepix_cache as entry where entry.key = mark.key)
    order by 1, 2 on conflict do nothing returning key
  )
  update mergepix_cache as entry set size = size + ${TAG_BYTES} * added.count
  from (select key, count(*) from added group by key) as added where entry.key = added.key`;

/**
 * A store in PostgreSQL, for several machines without a Redis: at most `maxBytes` by its own count. It makes its tables
 * when it first gets through; until it can, and whenever it cannot, everything is refused in time.
 */
export async function openPostgresStore(url: string, maxBytes: number): Promise<CacheStore> {
  const { default: pg } = await import('pg').catch((cause: unknown) => {
    throw new AppError('start_failed', 'The PostgreSQL library does not load: run ./setup again.', { cause });
  });
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'mergepix-cache',
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: SILENT_MS,
    keepAlive: true,
  });
  // An idle connection that the server ends: the next query gets another one, or hears why not.
  pool.on('error', () => undefined);
  return createStore(pool, maxBytes);
}

function createStore(pool: Pool, maxBytes: number): CacheStore {
  let evicted = 0;
  /** What may have come in since all was counted; at first nobody knows. */
  let uncounted = maxBytes;
  let tables: Promise<void> | undefined;

  async function makeTables(): Promise<void> {
    const client = await pool.connect();
    try {
      await client.query(`begin; select pg_advisory_xact_lock(${LOCK}); ${TABLES} commit`);
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** Runs a statement; its rows, and how many it changed. */
  async function run<Row extends QueryResultRow>(
    text: string,
    values: readonly unknown[],
  ): Promise<{ rows: Row[]; changed: number }> {
    tables ??= makeTables();
    await tables.catch((error: unknown) => {
      tables = undefined;
      throw error;
    });
    const { rows, rowCount } = await pool.query<Row>(text, [...values]);
    return { rows, changed: rowCount ?? 0 };
  }

  /** Drops what has ended, and from time to time, when there is too much, the least recently used. */
  async function tidy(added: number): Promise<void> {
    uncounted += added;
    if (uncounted < maxBytes * SLACK) return;
    uncounted = 0;
    const now = Date.now();
    await run('delete from mergepix_cache where expires_at <= $1', [now]);
    // Rows that another process drops at this moment are passed over, so that two never wait for each other. The bytes
    // lie apart from the rows, so reading all of these is quick.
    const { changed } = await run(
      `with kept as (
         select key, sum(size) over (order by pinned_until > $1 desc, used_at desc, key) as bytes_so_far
         from mergepix_cache
       ), going as (
         select key from mergepix_cache where pinned_until <= $1
         and key in (select key from kept where bytes_so_far > $2)
         and (select sum(size) from mergepix_cache) > $3 for update skip locked
       )
       delete from mergepix_cache where key in (select key from going)`,
      [now, Math.floor(maxBytes * (1 - 2 * SLACK)), Math.floor(maxBytes * (1 - SLACK))],
    );
    evicted += changed;
  }

  async function drop(where: string, values: readonly unknown[]): Promise<number> {
    let dropped = 0;
    for (;;) {
      const { changed } = await run(`delete from mergepix_cache where key in (${where} limit ${AT_ONCE})`, values);
      if (changed === 0) return dropped;
      dropped += changed;
    }
  }

  const store: CacheStore = {
    name: 'postgres',
    opts: {},
    async get(key) {
      const { rows } = await run<{ bytes: Buffer; expires: number }>(
        'select bytes, expires_at::float8 as expires from mergepix_cache where key = $1',
        [key],
      );
      return rows[0] && ({ value: { bytes: rows[0].bytes }, expires: rows[0].expires } as never);
    },
    async set(key, { value: { bytes, tags = [] }, expires }: StoredEntry) {
      const size = bytes.length + ENTRY_BYTES;
      await run(
        `insert into mergepix_cache as entry (key, bytes, size, used_at, expires_at)
         select $1::text, $2::bytea, $3::bigint, $4::bigint, $5::bigint
         where $3 + (select coalesce(sum(size), 0) from mergepix_cache where ${PINNED} and pinned_until > $4) <= $6
         on conflict (key) do update set
           bytes = excluded.bytes, used_at = excluded.used_at,
           size = excluded.size + ${TAG_BYTES} * (select count(*) from mergepix_cache_tags where key = $1),
           expires_at = greatest(excluded.expires_at, entry.pinned_until)`,
        [key, bytes, size, Date.now(), Math.round(expires), maxBytes],
      );
      if (tags.length > 0) await run(TAG, [tags, tags.map(() => key)]);
      await tidy(size + tags.length * TAG_BYTES);
    },
    delete: async (key) => (await run('delete from mergepix_cache where key = $1', [key])).changed > 0,
    async clear() {
      await drop('select key from mergepix_cache', []);
    },
    async tag(marks) {
      for (let i = 0; i < marks.length; i += AT_ONCE) {
        const some = marks.slice(i, i + AT_ONCE);
        await run(TAG, [some.map(([, tag]) => tag), some.map(([key]) => key)]);
      }
      await tidy(marks.length * TAG_BYTES);
    },
    drop: (tag) => drop('select key from mergepix_cache_tags where tag = $1', [tag]),
    async touch(keys) {
      for (let i = 0; i < keys.length; i += AT_ONCE) {
        await run(
          `update mergepix_cache set used_at = $1 where key in (
             select key from mergepix_cache where key = any($2::text[]) for update skip locked
           )`,
          [Date.now(), keys.slice(i, i + AT_ONCE)],
        );
      }
    },
    async pin(keys, until) {
      const now = Date.now();
      const { rows } = await run<{ key: string; added: number; pinned: number }>(
        `select key, case when pinned_until > $2 then 0 else size end::float8 as added,
           (select coalesce(sum(size), 0) from mergepix_cache where ${PINNED} and pinned_until > $2)::float8 as pinned
         from mergepix_cache where key = any($1::text[]) and expires_at > $2`,
        [keys, now],
      );
      const found = new Set(rows.map(({ key }) => key));
      const missing = [...new Set(keys)].filter((key) => !found.has(key));
      const added = rows.reduce((sum, row) => sum + row.added, 0);
      const lacking = Math.max(0, (rows[0]?.pinned ?? 0) + added - pinnable(maxBytes));
      if (lacking > 0) return { pinned: 0, missing, lacking };
      await run(
        `update mergepix_cache set pinned_until = greatest(pinned_until, $2), expires_at = greatest(expires_at, $2)
         where key = any($1::text[])`,
        [[...found], until],
      );
      return { pinned: found.size, missing, lacking: 0 };
    },
    async held() {
      const { rows } = await run<{ entries: number; bytes: number; pinned: number }>(
        `select count(*)::float8 as entries, coalesce(sum(size), 0)::float8 as bytes,
           coalesce(sum(size) filter (where pinned_until > $1), 0)::float8 as pinned from mergepix_cache`,
        [Date.now()],
      );
      const { entries = 0, bytes = 0, pinned = 0 } = rows[0] ?? {};
      return { entries, bytes, pinnedBytes: pinned, evicted };
    },
    disconnect: () => pool.end(),
    on: () => store,
  };
  return store;
}
