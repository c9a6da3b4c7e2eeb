import { PassThrough, type Readable } from 'node:stream';
import { AppError } from '../../core/errors.ts';
import type { RenderPool } from '../../core/node/pool.ts';
import type { Access } from '../access/access.ts';
import type { Actor } from '../access/roles.ts';
import type { Changes } from '../changes.ts';
import type { Queue } from '../jobs/queue.ts';
import { askCache, askQueue, askRecords } from '../observe/health.ts';
import type { Log } from '../observe/log.ts';
import type { Cache } from '../stores/cache/index.ts';
import type { Records } from '../stores/records/index.ts';
import { type Mark, markConnections, markFigures, markWarmups } from '../stores/records/marks.ts';

/**
 * Tells pages what has changed, by whichever process, so that they ask for it: `warmup` and `connection` with an id, `figures`
 * and `health`. Nothing is told of what it is now, and nobody is told of another workspace.
 */
export type Events = {
  /** A stream of server-sent events for whoever asked. Throws `overloaded` when too many listen. */
  listen(actor: Actor): Readable;
  /** Ends the streams of those whose key or session is not in force any more; else that happens within 15 seconds. */
  check(): Promise<void>;
  close(): void;
};

type Listener = { readonly actor: Actor; readonly stream: PassThrough; isWelcome: boolean };

/** What it works with. */
export type EventsParts = {
  readonly records: Records;
  readonly access: Pick<Access, 'isInForce'>;
  readonly changes: Pick<Changes, 'on'>;
  readonly cache: Pick<Cache, 'stats'>;
  readonly jobs: Pick<Queue, 'check'>;
  readonly pool: Pick<RenderPool, 'stats'>;
  readonly log: Pick<Log, 'warn'>;
};

const LOOK_MS = 2000;
// Figures are written every ten seconds, and health is no matter of a moment.
const SLOW_LOOKS = 5;
const CHECK_MS = 15_000;
const MAX_LISTENERS = 500;
const MAX_OF_WORKSPACE = 50;
// Nobody reads there any more.
const MAX_UNREAD = 64 * 1024;
const RECONNECT_MS = 3000;

/** Looks at the records every two seconds, once for all who listen and never when nobody does. */
export function createEvents({ records, access, changes, cache, jobs, pool, log }: EventsParts): Events {
  const listeners = new Set<Listener>();
  let marks = new Map<string, Mark>();
  let watched = new Set<string>();
  let health = '';
  let looks = 0;
  let timers: NodeJS.Timeout[] = [];
  let isLooking = false;

  function say({ stream }: Listener, topic: string, id = ''): void {
    if (stream.writableLength > MAX_UNREAD) stream.destroy();
    else stream.write(`event: ${topic}\ndata: ${JSON.stringify(id === '' ? {} : { id })}\n\n`);
  }

  const tell = ({ workspace, topic, id }: Omit<Mark, 'mark'>): void => {
    for (const listener of listeners) if (listener.actor.workspace === workspace) say(listener, topic, id);
  };

  async function lookAtHealth(): Promise<void> {
    const answers = await Promise.all([askRecords(records), askQueue(jobs), askCache(cache)]);
    const found = [...answers.map((answer) => answer !== undefined), pool.stats().pids.length].join(' ');
    if (health !== '' && health !== found) for (const listener of listeners) say(listener, 'health');
    health = found;
  }

  async function look(): Promise<void> {
    const now = Date.now();
    const isSlow = looks++ % SLOW_LOOKS === 0;
    if (isSlow) await lookAtHealth();
    const workspaces = [...new Set([...listeners].map(({ actor }) => actor.workspace))];
    const isNew = workspaces.some((workspace) => !watched.has(workspace));
    const kept = [...marks.values()].filter(({ topic }) => topic === 'figures');
    const found = [
      ...(await markWarmups(records, workspaces, now)),
      ...(await markConnections(records, workspaces)),
      ...(isSlow || isNew ? await markFigures(records, workspaces, now) : kept),
    ];
    const next = new Map(found.map((mark) => [`${mark.workspace} ${mark.topic} ${mark.id}`, mark]));
    for (const [key, mark] of next) if (watched.has(mark.workspace) && marks.get(key)?.mark !== mark.mark) tell(mark);
    for (const [key, mark] of marks) if (!next.has(key)) tell(mark);
    marks = next;
    watched = new Set(workspaces);
    // From now on nothing is missed: whoever listens asks for everything once.
    for (const listener of listeners) {
      if (listener.isWelcome || !watched.has(listener.actor.workspace)) continue;
      listener.isWelcome = true;
      say(listener, 'ready');
    }
  }

  function lookAgain(): void {
    if (isLooking || listeners.size === 0) return;
    isLooking = true;
    look()
      .catch((error: unknown) => log.warn('events.failed', {}, error))
      .finally(() => {
        isLooking = false;
      });
  }

  async function check(): Promise<void> {
    for (const { actor, stream } of listeners) {
      const isInForce = await access.isInForce(actor).catch(() => true);
      if (isInForce) stream.write(': still here\n\n');
      else stream.end('event: ended\ndata: {}\n\n');
    }
  }

  function start(): void {
    timers = [setInterval(lookAgain, LOOK_MS).unref(), setInterval(() => void check(), CHECK_MS).unref()];
  }

  function stop(): void {
    for (const timer of timers) clearInterval(timer);
    [timers, marks, watched, health, looks] = [[], new Map(), new Set(), '', 0];
  }

  changes.on('key', () => void check());
  return {
    listen(actor) {
      const ofWorkspace = [...listeners].filter((each) => each.actor.workspace === actor.workspace).length;
      if (listeners.size >= MAX_LISTENERS || ofWorkspace >= MAX_OF_WORKSPACE)
        throw new AppError('overloaded', 'Too many pages listen already: ask now and then instead.');
      const listener = { actor, stream: new PassThrough(), isWelcome: false };
      listener.stream.write(`retry: ${RECONNECT_MS}\n\n`);
      listener.stream.on('close', () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      });
      listeners.add(listener);
      if (timers.length === 0) start();
      lookAgain();
      return listener.stream;
    },
    check,
    close() {
      for (const { stream } of listeners) stream.end();
      stop();
    },
  };
}
