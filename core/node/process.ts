import { writeFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { AppError, type ErrorCode } from '../errors.ts';
import type { FitReport } from '../paint/fit-report.ts';
import type { FitJob, Fitter } from './fit.ts';
import type { Rendered, Renderer, RenderJob, Source } from './renderer.ts';
import { layOnTray, noteBegun, trayAt } from './tray.ts';

/** One picture to draw, onto one of the trays of the process, or rows to fit; what is urgent goes before all that is not. */
export type Order = (Omit<RenderJob, 'template'> | Omit<FitJob, 'template'>) & {
  readonly id: number;
  readonly tray: number;
  readonly isUrgent: boolean;
  readonly templateKey: string;
};

/** What the pool tells a render process; a template without a source cannot be had, and its orders are forgotten. */
export type Message =
  | { readonly kind: 'draw'; readonly orders: readonly Order[] }
  | { readonly kind: 'template'; readonly key: string; readonly source?: Source }
  | { readonly kind: 'hurry'; readonly id: number };

/** What came of an order; a finished picture's bytes lie on its tray, unless there is no room for them. */
export type End =
  | {
      readonly id: number;
      readonly kind: 'done';
      /** How many bytes of the tray the picture takes. */
      readonly length: number;
      /** The picture itself, when it could not be laid there. */
      readonly bytes?: Buffer;
      readonly rendered: Omit<Rendered, 'bytes'>;
    }
  | { readonly id: number; readonly kind: 'fitted'; readonly report: FitReport }
  | {
      readonly id: number;
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      /** What lies behind it, for the log. */
      readonly cause: Error | undefined;
    };

/**
 * What a render process answers: also that it does not have a template, whose orders wait until it is sent. `rss` is its
 * memory in bytes, and what it holds of fonts, by which the pool decides when to replace it.
 */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'missing'; readonly id: number }
  | { readonly kind: 'ended'; readonly ends: readonly End[]; readonly rss: number };

class TemplateMissing extends Error {}

const send = (answer: Answer): void => {
  // When the parent is gone, that is heard of as such.
  process.send?.(answer, undefined, undefined, () => {});
};

// Under load the process that answers goes first: a picture that is finished already must not wait for one that is not.
const NICENESS = 5;
// From 0 to 1000: which process the kernel ends first when memory runs out. This one is replaced within a second.
const OOM_SCORE = '600';
// What nobody waits for is told of together: each message wakes the parent, which has better things to do.
const TOLD_AT_ONCE = 4;
const TOLD_MS = 15;

/** Whether a tray could be written: where there is no room for it, no picture is to blame, and all are drawn nevertheless. */
function unlessFull(write: () => void): boolean {
  try {
    write();
    return true;
  } catch {
    return false;
  }
}

/** Makes this process the one to wait or to end where the machine has too little for all. */
function stepBack(): void {
  try {
    setPriority(Math.min(19, getPriority() + NICENESS));
  } catch {
    // Some sandboxes do not allow it; it draws all the same.
  }
  writeFile('/proc/self/oom_score_adj', OOM_SCORE).catch(() => undefined);
}

/** Runs this process as one of the pool's: renders and fits what it is sent until its parent goes away. */
function serveParent(renderer: Renderer, fitter: Fitter, fontBytes: () => number): void {
  let orders: Order[] = [];
  /** Orders whose templates are on their way, by key. */
  const awaiting = new Map<string, Order[]>();
  const sources = new Map<string, Source>();
  let ends: End[] = [];
  let toldAt = 0;
  let isDrawing = false;

  const put = (order: Order): void => {
    const at = order.isUrgent ? orders.findIndex(({ isUrgent }) => !isUrgent) : -1;
    orders.splice(at < 0 ? orders.length : at, 0, order);
  };

  function tell(): void {
    toldAt = performance.now();
    if (ends.length > 0) send({ kind: 'ended', ends, rss: process.memoryUsage.rss() + fontBytes() });
    ends = [];
  }

  async function draw({ id, tray, templateKey, isUrgent: _, ...job }: Order): Promise<End> {
    const fd = trayAt(tray);
    // Without the note, the parent can but guess which order has ended the process.
    unlessFull(() => noteBegun(fd, id));
    const load = (): Source => {
      const source = sources.get(templateKey);
      if (!source) throw new TemplateMissing();
      return source;
    };
    try {
      const template = { key: templateKey, load };
      if ('rows' in job) return { id, kind: 'fitted', report: await fitter.fit({ ...job, template }) };
      const { bytes, ...rendered } = await renderer.render({ ...job, template });
      const isLaid = unlessFull(() => layOnTray(fd, id, bytes));
      return { id, kind: 'done', length: bytes.length, ...(!isLaid && { bytes }), rendered };
    } catch (error) {
      if (error instanceof TemplateMissing) throw error;
      const known =
        error instanceof AppError
          ? error
          : new AppError('render_failed', 'The picture could not be drawn: look at its template.', { cause: error });
      const { code, message } = known;
      return { id, kind: 'failed', code, message, cause: known.cause instanceof Error ? known.cause : undefined };
    } finally {
      // It is compiled now, and kept as that.
      sources.delete(templateKey);
    }
  }

  /** Draws one, unless its template has to be asked for first. */
  async function take(order: Order): Promise<void> {
    const others = awaiting.get(order.templateKey);
    if (others) return void others.push(order);
    try {
      ends.push(await draw(order));
    } catch (error) {
      if (!(error instanceof TemplateMissing)) throw error;
      awaiting.set(order.templateKey, [order]);
      send({ kind: 'missing', id: order.id });
    }
  }

  async function work(): Promise<void> {
    if (isDrawing) return;
    isDrawing = true;
    toldAt = performance.now();
    for (let order = orders.shift(); order; order = orders.shift()) {
      await take(order);
      const isDue = ends.length === TOLD_AT_ONCE || performance.now() - toldAt > TOLD_MS;
      if (order.isUrgent || orders.length === 0 || isDue) tell();
      // What is more urgent may have come meanwhile.
      await turn();
    }
    isDrawing = false;
  }

  function receive(message: Message): void {
    if (message.kind === 'draw') for (const order of message.orders) put(order);
    else if (message.kind === 'hurry') {
      const hurried = orders.find(({ id }) => id === message.id);
      if (!hurried) return;
      orders = orders.filter((order) => order !== hurried);
      put({ ...hurried, isUrgent: true });
    } else {
      const { key, source } = message;
      const waited = awaiting.get(key) ?? [];
      awaiting.delete(key);
      if (!source) return;
      sources.set(key, source);
      orders.unshift(...waited);
    }
  }

  process.on('message', (message: Message) => {
    receive(message);
    void work();
  });
  process.on('disconnect', () => process.exit(0));
  // The parent decides when to stop: Ctrl-C reaches the whole group, and pictures in hand should still be finished.
  process.on('SIGINT', () => {});
  send({ kind: 'ready' });
}

// Loaded here rather than above, so that a missing native library is a sentence to the parent and not a stack.
try {
  stepBack();
  const [{ createRenderer }, { createFitter }, { ownFontBytes }] = await Promise.all([
    import('./renderer.ts'),
    import('./fit.ts'),
    import('./own-fonts.ts'),
  ]);
  serveParent(createRenderer(), createFitter(), ownFontBytes);
} catch (error) {
  const known =
    error instanceof AppError
      ? error
      : new AppError('start_failed', 'A render process cannot start.', { cause: error });
  send({ kind: 'refused', code: known.code, message: known.message });
  process.disconnect?.();
}
