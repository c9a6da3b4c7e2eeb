import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env as environment, execPath, stderr, stdout } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createProgram, findProgram, freePort, isOpen, isWell, run } from './programs.mjs';
import { makeSecrets } from './secrets.mjs';

const MAIN = fileURLToPath(new URL('../../dist/app/main.js', import.meta.url));
const NGINX = new URL('nginx.conf', import.meta.url);
const isRoot = process.getuid?.() === 0;

/** What has to be installed before the topology can be started here; undefined when everything is. */
export const missing = () => {
  const packages = {
    initdb: 'postgresql',
    postgres: 'postgresql',
    pg_isready: 'postgresql',
    'redis-server': 'redis-server',
    nginx: 'nginx',
  };
  const wanted = Object.keys(packages).filter((name) => findProgram(name) === undefined);
  if (wanted.length === 0) return undefined;
  const toInstall = new Set(wanted.map((name) => packages[name]));
  return `needs ${wanted.join(', ')}: apt-get install ${[...toInstall].join(' ')}`;
};

/**
 * Starts the topology of compose.yaml as processes on free ports of this machine; local.d.mts tells what it gives. What
 * was started is stopped again when one part does not come up.
 */
export async function startTopology({ serves = 2, workers = 2, env = {}, folder: given, port } = {}) {
  const lack = missing();
  if (lack) throw new Error(`The topology ${lack}`);
  const folder = given ?? mkdtempSync(join(tmpdir(), 'mergepix-topology-'));
  mkdirSync(folder, { recursive: true });
  // PostgreSQL and nginx go through it as users of their own.
  chmodSync(folder, 0o711);
  const started = [];
  const start = async (program) => {
    started.push(program);
    await program.start();
    return program;
  };
  async function stop() {
    // Those who use the others first.
    for (const programs of [started.filter(({ isOurs }) => isOurs), started.filter(({ isOurs }) => !isOurs)]) {
      for (const program of programs) program.thaw();
      await Promise.all(programs.map((program) => program.stop()));
    }
    if (given === undefined) await rm(folder, { recursive: true, force: true });
  }

  try {
    const logOf = (name) => join(folder, `${name}.log`);
    const edgePort = port ?? (await freePort());
    const [postgres, cache, queue] = await Promise.all([
      createPostgres(folder, logOf('postgres')).then(start),
      createRedis(folder, 'cache', ['--save', '', '--appendonly', 'no'], logOf('cache')).then(start),
      createRedis(folder, 'queue', ['--save', '', '--appendonly', 'yes'], logOf('queue')).then(start),
    ]);
    const secrets = join(folder, 'secrets');
    makeSecrets(secrets, () => postgres.url);
    const url = `http://127.0.0.1:${edgePort}`;
    const shared = {
      PATH: environment.PATH,
      NODE_ENV: 'production',
      MERGEPIX_HOST: '127.0.0.1',
      MERGEPIX_PUBLIC_URL: url,
      MERGEPIX_DATABASE_FILE: join(secrets, 'database'),
      MERGEPIX_BLOBS: `file:${join(folder, 'blobs')}`,
      MERGEPIX_CACHE: `${cache.url}/0`,
      MERGEPIX_QUEUE: `${queue.url}/0`,
      MERGEPIX_SIGNING_KEYS_FILE: join(secrets, 'signing'),
      MERGEPIX_ENCRYPTION_KEYS_FILE: join(secrets, 'encryption'),
      MERGEPIX_ADMIN_KEY_FILE: join(secrets, 'admin'),
      MERGEPIX_METRICS_KEY_FILE: join(secrets, 'metrics'),
      ...env,
    };
    const createMergepix = async (role, name) => {
      const own = await freePort();
      const origin = `http://127.0.0.1:${own}`;
      const program = createProgram({
        name,
        url: origin,
        command: [execPath, MAIN, role],
        env: {
          ...shared,
          MERGEPIX_PORT: String(own),
          MERGEPIX_DATA_DIR: join(folder, name),
          ...(role === 'serve' && { MERGEPIX_JOBS: 'off' }),
        },
        log: logOf(name),
        isReady: () => isWell(`${origin}/readyz`),
      });
      return Object.assign(program, { isOurs: true });
    };
    const several = (role, count) =>
      Promise.all(Array.from({ length: count }, (_, i) => createMergepix(role, `${role}-${i + 1}`).then(start)));
    const [serving, working] = await Promise.all([several('serve', serves), several('worker', workers)]);
    const edge = await start(createNginx(folder, edgePort, serving, logOf('nginx')));
    const adminKey = readFileSync(join(secrets, 'admin'), 'utf8');
    const metricsKey = readFileSync(join(secrets, 'metrics'), 'utf8');
    const addWorker = async () => {
      const worker = await start(await createMergepix('worker', `worker-${working.length + 1}`));
      working.push(worker);
      return worker;
    };
    return {
      url,
      adminKey,
      metricsKey,
      folder,
      env: shared,
      serves: serving,
      workers: working,
      addWorker,
      postgres,
      cache,
      queue,
      nginx: edge,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function createPostgres(folder, log) {
  const data = join(folder, 'postgres');
  // It refuses to run as root; its package makes this user.
  const user = isRoot ? 'postgres' : undefined;
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

async function createRedis(folder, name, keeping, log) {
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

function createNginx(folder, port, serving, log) {
  const place = join(folder, 'nginx');
  mkdirSync(place, { recursive: true });
  const filled = {
    CACHE_FOLDER: join(place, 'cache'),
    CACHE_SIZE: '2g',
    LISTEN: `127.0.0.1:${port}`,
    SERVERS: serving.map(({ url }) => `server ${new URL(url).host};`).join(' '),
  };
  const server = readFileSync(NGINX, 'utf8').replace(/\$\{([A-Z_]+)\}/g, (_, name) => filled[name]);
  const rooms = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  const whole = `daemon off;
pid nginx.pid;
worker_processes 2;
error_log stderr;
events { worker_connections 4096; }
http {
access_log off;
${rooms.join('\n')}
${server}}
`;
  writeFileSync(join(place, 'nginx.conf'), whole);
  return createProgram({
    name: 'nginx',
    url: `http://127.0.0.1:${port}`,
    command: [findProgram('nginx'), '-p', `${place}/`, '-c', 'nginx.conf', '-e', 'stderr'],
    log,
    isReady: () => isWell(`http://127.0.0.1:${port}/healthz`),
  });
}

// node examples/deploy/local.mjs [folder]
if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    const kept = argv[2];
    const cores = String(Math.max(1, Math.floor(availableParallelism() / 2)));
    const topology = await startTopology({ env: { MERGEPIX_RENDER_PROCESSES: cores }, ...(kept && { folder: kept }) });
    const { serves, workers, postgres, cache, queue, nginx } = topology;
    const parts = [nginx, ...serves, ...workers, postgres, cache, queue];
    const lines = parts.map(({ name, url, pid }) => `${name.padEnd(10)} ${url}  (process ${pid})`);
    const admin = join(topology.folder, 'secrets', 'admin');
    stdout.write(`${lines.join('\n')}\nThe admin key is in ${admin}. Ctrl-C stops everything.\n`);
    let isStopping = false;
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.on(signal, () => {
        if (isStopping) return;
        isStopping = true;
        topology.stop().then(() => process.exit(0));
      });
    }
  } catch (error) {
    stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
