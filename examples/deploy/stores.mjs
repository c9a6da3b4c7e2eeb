import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram, findProgram, freePort, isOpen, run } from './programs.mjs';

/** A PostgreSQL that keeps its data in a folder. It refuses to run as root: then it runs as the user its package makes. */
export async function createPostgres(folder, log) {
  const data = join(folder, 'postgres');
  const user = process.getuid?.() === 0 ? 'postgres' : undefined;
  const [initdb, postgres, pgIsReady] = ['initdb', 'postgres', 'pg_isready'].map(findProgram);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (user) {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run(['id', flag, user])));
    chownSync(data, Number(uid), Number(gid));
  }
  if (!(await succeeds(run(['test', '-f', join(data, 'PG_VERSION')], user)))) {
    await run([initdb, '-D', data, '-U', 'mergepix', '-A', 'trust', '-E', 'UTF8', '--no-locale'], user);
  }
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=100'];
  return createProgram({
    name: 'postgres',
    url: `postgres://mergepix@127.0.0.1:${port}/postgres`,
    command: [postgres, '-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    user,
    log,
    // Ends connections and itself; SIGTERM would wait for every client to leave.
    signal: 'SIGINT',
    isReady: () => succeeds(run([pgIsReady, '-q', '-h', '127.0.0.1', '-p', String(port)])),
  });
}

const succeeds = (work) =>
  work.then(
    () => true,
    () => false,
  );

/** A Redis that throws nothing out; `keeping` are its settings for what outlives it. */
export async function createRedis(folder, name, keeping, log) {
  const data = join(folder, `redis-${name}`);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const port = await freePort();
  const settings = ['--bind', '127.0.0.1', '--dir', data, '--maxmemory-policy', 'noeviction', ...keeping];
  return createProgram({
    name,
    url: `redis://127.0.0.1:${port}`,
    command: [findProgram('redis-server'), '--port', String(port), ...settings],
    log,
    isReady: () => isOpen(port),
  });
}
