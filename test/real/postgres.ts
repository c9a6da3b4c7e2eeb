import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { RealKind } from './describe.ts';
import { asUser, createProcess, findProgram, freePort, type RealServer } from './process.ts';

/** A PostgreSQL of our own; `url` is its first database. */
export type RealPostgres = RealServer & {
  /** The URL of a new, empty database. */
  makeDatabase(): Promise<string>;
};

// Debian keeps the programs of each version to themselves.
const DEBIAN = '/usr/lib/postgresql';
const folders = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : [];
const [initdb, postgres] = [findProgram('initdb', folders), findProgram('postgres', folders)];

/** PostgreSQL for tests; as root it runs as the user postgres, which its package makes. */
export const realPostgres: RealKind<RealPostgres> = {
  name: 'PostgreSQL',
  missing: initdb && postgres ? undefined : 'needs PostgreSQL: apt-get install postgresql, or brew install postgresql',
  start: startPostgres,
};

/** Starts one with an empty cluster in a folder of its own; it keeps nothing safe from a power cut. */
export async function startPostgres(): Promise<RealPostgres> {
  if (!initdb || !postgres) throw new Error(`This ${realPostgres.missing}`);
  const folder = await mkdtemp(join(tmpdir(), 'mergepix-postgres-'));
  const user = process.getuid?.() === 0 ? 'postgres' : undefined;
  if (user) await chown(folder, await idOf('-u', user), await idOf('-g', user));
  const data = join(folder, 'data');
  const making = [initdb, '-D', data, '-N', '-U', 'mergepix', '-A', 'trust', '-E', 'UTF8', '--no-locale'];
  const [program = '', ...args] = asUser(making, user);
  await run(program, args, { timeout: 60_000 });

  const port = await freePort();
  const urlOf = (database: string) => `postgres://mergepix@127.0.0.1:${port}/${database}`;
  const url = urlOf('postgres');
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'max_connections=60'];
  const running = createProcess({
    command: [postgres, '-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    user,
    isReady: () => ask(url, 'select 1').then(Boolean, () => false),
  });
  await running.start();
  return {
    ...running,
    url,
    get pid() {
      return running.pid();
    },
    async makeDatabase() {
      const name = `test_${randomBytes(6).toString('hex')}`;
      await ask(url, `create database ${name}`);
      return urlOf(name);
    },
    async close() {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const run = promisify(execFile);

const idOf = async (flag: '-u' | '-g', user: string): Promise<number> => Number((await run('id', [flag, user])).stdout);

/** One statement on a connection of its own. */
async function ask(url: string, statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // A server that goes away while we ask is no reason to end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.query(statement);
  } finally {
    await client.end();
  }
}
