import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { nanoid } from 'nanoid';
import { within } from '../deadline.ts';
import type { Counts } from '../observe/metrics.ts';
import type { Services } from '../services.ts';
import { areJobsRunning, expireLease, hasJobs } from '../stores/records/jobs.ts';
import { type JobKind, warmKinds } from './kinds.ts';

/** What the process apart is started with. */
export type Start = Pick<Services, 'config' | 'publicUrl'> & { readonly kind: 'start'; readonly lease: string };
/** What it is told from then on. */
export type Told = { readonly kind: 'close' };
/** What it tells: that it works, now and then, and at its end, with what it has counted so far. */
export type Tells = { readonly counts: Counts };

/** A process of the service's own for large warm-ups. */
export type Apart = {
  /** Whether jobs of a kind are left to it, as long as it works. */
  leaves(kind: JobKind): boolean;
  /** Ends it in good order; at most 15 seconds. */
  close(): Promise<void>;
};

type Parts = Pick<Services, 'config' | 'publicUrl' | 'records' | 'log' | 'observed'>;

const LOOK_MS = 1000;
// Less than a thousand pictures are made before another process has started.
const MUCH = 10;
// The next step of a warm-up, or the next warm-up of a flow, finds it running.
const IDLE_MS = 30_000;
// In looks, which a pause of the whole machine is one of. A process that hangs holds up warm-ups for no longer than one
// that is lost to another machine; one that starts comes after all others on a busy machine, and holds up nothing.
const SILENT = 30;
const SILENT_AT_FIRST = 300;
const PAUSE_MS = 10_000;
const CLOSE_MS = 15_000;

/**
 * Has large warm-ups worked off by a process of their own, which is there only while there are any, and comes after
 * everything else on the machine: recipients wait neither for its work nor for its render processes. What it held when it
 * was lost is gone on with at once.
 */
export function startApart({ config, publicUrl, records, log, observed }: Parts): Apart {
  const entry = createRequire(import.meta.url).resolve('#jobs-process');
  let child: ChildProcess | undefined;
  let works = false;
  let isEnding = false;
  let silentFor = 0;
  let silentAtMost = 0;
  let idleSince: number | undefined;
  let restsUntil = 0;
  let isClosing = false;
  const report = (error: unknown) => log.warn('queue.failed', { operation: 'apart' }, error);

  function leave(pauseMs: number): void {
    child = undefined;
    works = false;
    restsUntil = performance.now() + pauseMs;
  }

  function open(): void {
    const lease = nanoid();
    const opened = fork(entry, [], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child = opened;
    isEnding = false;
    silentFor = 0;
    silentAtMost = SILENT_AT_FIRST;
    idleSince = undefined;
    opened.on('message', ({ counts }: Tells) => {
      // What it had counted by its end is kept already.
      if (opened !== child) return;
      works = !isEnding;
      silentFor = 0;
      silentAtMost = SILENT;
      observed.metrics.hear(counts);
    });
    // One that could not be started has no end that is heard of.
    opened.on('error', (error) => {
      report(error);
      if (opened.pid === undefined) leave(PAUSE_MS);
    });
    opened.once('exit', (code) => {
      leave(code === 0 ? 0 : PAUSE_MS);
      observed.metrics.part().catch(report);
      if (code === 0) return;
      log.warn('queue.failed', { operation: 'apart', status: code });
      expireLease(records, lease, Date.now()).catch(report);
    });
    opened.send(
      { kind: 'start', config, publicUrl, lease } satisfies Start,
      (error) => error && opened.kill('SIGKILL'),
    );
  }

  async function look(): Promise<void> {
    const now = performance.now();
    if (!child) {
      if (now >= restsUntil && (await hasJobs(records, warmKinds, MUCH, Date.now())) && !isClosing) open();
    } else if (++silentFor > silentAtMost) child.kill('SIGKILL');
    else if (await isWanted()) idleSince = undefined;
    else {
      idleSince ??= now;
      if (now - idleSince > IDLE_MS) end();
    }
  }

  /** Whether there is anything for it to do, or will be soon: warm-ups are planned for days ahead. */
  const isWanted = async () =>
    (await areJobsRunning(records, warmKinds)) || (await hasJobs(records, warmKinds, 1, Date.now() + IDLE_MS));

  /** What it has in hand it still ends, or hands back. */
  function end(): void {
    works = false;
    isEnding = true;
    if (child?.connected) child.send({ kind: 'close' } satisfies Told, () => {});
  }

  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  function lookLater(): void {
    timer = setTimeout(() => {
      looking = look().catch(report).finally(lookLater);
    }, LOOK_MS).unref();
    if (isClosing) clearTimeout(timer);
  }
  lookLater();

  return {
    leaves: (kind) => works && warmKinds.some((each) => each === kind),
    async close() {
      isClosing = true;
      clearTimeout(timer);
      await looking;
      if (!child) return;
      const left = child;
      const gone = new Promise((resolve) => left.once('exit', resolve));
      end();
      await within(gone, CLOSE_MS);
      left.kill('SIGKILL');
    },
  };
}
