import { chmodSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env as environment, execPath, stderr, stdout } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createNginx } from './nginx.mjs';
import { createProgram, findProgram, freePort, isWell } from './programs.mjs';
import { makeSecrets } from './secrets.mjs';
import { createPostgres, createRedis } from './stores.mjs';

const MAIN = fileURLToPath(new URL('../../dist/app/main.js', import.meta.url));

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
    makeSecrets(secrets);
    const url = `http://127.0.0.1:${edgePort}`;
    const shared = {
      PATH: environment.PATH,
      NODE_ENV: 'production',
      MERGEPIX_HOST: '127.0.0.1',
      MERGEPIX_PUBLIC_URL: url,
      // Not the address among the secrets, which are kept: it has another port each time.
      MERGEPIX_DATABASE: postgres.url,
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
      lost: () => started.flatMap((program) => program.lost ?? []),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
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
    const told = new Set();
    setInterval(() => {
      for (const words of topology.lost().filter((each) => !told.has(each))) {
        told.add(words);
        stderr.write(`${words}\n`);
      }
    }, 1000).unref();
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
