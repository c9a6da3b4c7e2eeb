import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, closeSync, constants, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const START_MS = 60_000;
const STOP_MS = 25_000;
const LOOK_MS = 25;
const LAST_WORDS = 2000;

// Debian keeps PostgreSQL's programs, each version to itself, and nginx where only root looks.
const DEBIAN = '/usr/lib/postgresql';
const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : [];
const folders = [...(process.env.PATH ?? '').split(delimiter), ...versions, '/usr/sbin', '/usr/local/sbin'];

/** The path of an installed program, or undefined. */
export function findProgram(name) {
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const setpriv = findProgram('setpriv');

// Below those that systems give to connections and to whoever asks for any port: nobody comes by one of these meanwhile.
const PORTS = { from: 20_000, to: 32_000 };
const given = new Set();

/** A port of the loopback address that was free a moment ago; never one that was given before. */
export async function freePort() {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    if (given.has(port) || !(await canListen(port))) continue;
    given.add(port);
    return port;
  }
}

function canListen(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Whether something takes connections on a port of the loopback address. */
export function isOpen(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: 1000 });
    const finish = (answer) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', finish(true)).once('error', finish(false)).once('timeout', finish(false));
  });
}

/** Whether an address answers with a success. */
export async function isWell(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

/** Runs a command to its end, as another user when one is named; rejects with what it said. */
export async function run(command, user) {
  const [program, ...args] = asUser(command, user);
  return (await promisify(execFile)(program, args, { timeout: START_MS })).stdout.trim();
}

function asUser(command, user, whenWeEnd = []) {
  const as = user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
  if (as.length + whenWeEnd.length === 0) return command;
  if (setpriv) return [setpriv, ...as, ...whenWeEnd, ...command];
  if (user === undefined) return command;
  throw new Error(`Running ${command[0]} as ${user} needs setpriv: install util-linux.`);
}

/**
 * A program that stays until it is ended; what it says is appended to the file `log`. On Linux it is ended when this
 * process ends, too, however that comes. `signal` is what asks it to end.
 */
export function createProgram({ name, url, command, env, user, log, signal = 'SIGTERM', isReady }) {
  let child;
  let isAsked = false;
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const hasEnded = () => child !== undefined && !isRunning();
  const send = (wanted) => isRunning() && child.kill(wanted);
  const lastWords = () => {
    const how = child.signalCode ?? (child.exitCode === null ? 'no start' : `exit code ${child.exitCode}`);
    return `${how}; it said last:\n${readFileSync(log, 'utf8').slice(-LAST_WORDS)}`;
  };
  const end = async (wanted) => {
    isAsked = true;
    if (!isRunning()) return;
    const ended = once(child, 'exit');
    child.kill(wanted);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  };
  return {
    name,
    url,
    log,
    get pid() {
      return isRunning() ? child.pid : undefined;
    },
    get lost() {
      return hasEnded() && !isAsked ? `${name} has ended by itself, with ${lastWords()}` : undefined;
    },
    async start() {
      if (isRunning()) return;
      // It would be taken for ours, which ends a moment later.
      if (await isOpen(new URL(url).port)) throw new Error(`${name} does not start: something else is at ${url}`);
      isAsked = false;
      const [program, ...args] = asUser(command, user, ['--pdeathsig', signal.slice('SIG'.length)]);
      const output = openSync(log, 'a', 0o600);
      try {
        // Of its own group: Ctrl-C is for us, who stop the parts in order.
        child = spawn(program, args, { env, detached: true, stdio: ['ignore', output, output] });
      } finally {
        closeSync(output);
      }
      child.once('error', () => undefined);
      const deadline = Date.now() + START_MS;
      while (!(await isReady())) {
        if (!isRunning() || Date.now() > deadline) {
          await end('SIGKILL');
          throw new Error(`${name} does not start: ${lastWords()}`);
        }
        await pause(LOOK_MS);
      }
    },
    /** Asks it to end, and makes it after 25 seconds. */
    stop: () => end(signal),
    /** Ends it as a lost machine would. */
    kill: () => end('SIGKILL'),
    freeze: () => send('SIGSTOP'),
    thaw: () => send('SIGCONT'),
  };
}
