import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

/** A server of ours on a free port of this machine; every state a network can put it in, at will. */
export type RealServer = {
  readonly url: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Connections stay open and nothing answers any more, as when a machine hangs. */
  freeze(): void;
  thaw(): void;
  /** Ends the process; what it was told to keep stays for `start`. */
  stop(): Promise<void>;
  /** Runs it again on the same port, and waits until it answers. */
  start(): Promise<void>;
  /** Ends it for good and removes its folder. */
  close(): Promise<void>;
};

/** The first of the folders (those of PATH come first) that holds a program of this name. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const all = [...(process.env.PATH ?? '').split(delimiter), ...folders];
  return all.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// Below those that systems give to connections and to whoever asks for any port: nobody comes by one of these meanwhile.
const PORTS = { from: 10_000, to: 20_000 };

/** A port that nothing uses now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A program, the user it runs as (ours when undefined), and how to see that it answers. */
export type Program = {
  readonly command: readonly string[];
  readonly user?: string | undefined;
  isReady(): Promise<boolean>;
};

const START_MS = 20_000;

/** Runs a program that stays until it is ended: by `stop`, or, on Linux, by the end of this process. */
export function createProcess({ command, user, isReady }: Program) {
  let child: ChildProcess | undefined;
  const isRunning = () => child?.exitCode === null && child.signalCode === null;
  const pid = (): number => {
    if (child?.pid === undefined || !isRunning()) throw new Error(`${command[0]} does not run`);
    return child.pid;
  };
  const thaw = () => {
    for (const each of [...descendants(pid()), pid()]) signal(each, 'SIGCONT');
  };
  return {
    pid,
    freeze() {
      // The parent first: stopped, it makes no more children.
      signal(pid(), 'SIGSTOP');
      for (const each of descendants(pid())) signal(each, 'SIGSTOP');
    },
    thaw,
    async start(): Promise<void> {
      const [program = '', ...args] = asUser(command, user);
      const started = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      child = started;
      let output = '';
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (chunk) => {
          output += String(chunk);
        });
      }
      const deadline = Date.now() + START_MS;
      while (!(await isReady())) {
        if (!isRunning() || Date.now() > deadline) throw new Error(`${command[0]} does not start:\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async stop(): Promise<void> {
      if (!child || !isRunning()) return;
      const ended = once(child, 'exit');
      signal(pid(), 'SIGINT');
      thaw();
      await ended;
    },
  };
}

/** The command as another user (who must exist), ended when this process ends. */
export function asUser(command: readonly string[], user: string | undefined): readonly string[] {
  const setpriv = findProgram('setpriv');
  if (!setpriv) {
    if (user === undefined) return command;
    throw new Error(`Running ${command[0]} as ${user} needs setpriv: install util-linux.`);
  }
  const as = user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
  return [setpriv, ...as, '--pdeathsig', 'KILL', ...command];
}

function signal(id: number, name: NodeJS.Signals): void {
  try {
    process.kill(id, name);
  } catch {
    // It has just ended by itself.
  }
}

/** The processes a process has made, and those made by them, from Linux' own list; elsewhere none. */
function descendants(parent: number): number[] {
  let ids: string[];
  try {
    ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  const children = ids.map(Number).filter((id) => parentOf(id) === parent);
  return children.flatMap((id) => [id, ...descendants(id)]);
}

function parentOf(id: number): number | undefined {
  try {
    // "<id> (<name>) <state> <parent> …", where the name may hold anything.
    return Number(readFileSync(`/proc/${id}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
  } catch {
    return undefined;
  }
}
