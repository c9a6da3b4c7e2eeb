import { writeFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';
import { AppError, type ErrorCode } from '../errors.ts';
import type { FitReport } from '../paint/fit-report.ts';
import type { FitJob, Fitter } from './fit.ts';
import type { Rendered, Renderer, RenderJob, Source } from './renderer.ts';
import { layOnTray } from './tray.ts';

/** What the pool sends a render process; `source` comes along when the process said it does not have the template. */
export type Order = (Omit<RenderJob, 'template'> | Omit<FitJob, 'template'>) & {
  readonly id: number;
  readonly templateKey: string;
  readonly source?: Source;
};

/** What a render process answers; a finished picture's bytes lie on its tray. `rss` is its memory in bytes, by which the pool decides when to replace it. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  | {
      readonly id: number;
      readonly kind: 'done';
      /** How many bytes of the tray the picture takes. */
      readonly length: number;
      readonly rendered: Omit<Rendered, 'bytes'>;
      readonly rss: number;
    }
  | { readonly id: number; readonly kind: 'fitted'; readonly report: FitReport; readonly rss: number }
  | { readonly id: number; readonly kind: 'missing' }
  | {
      readonly id: number;
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      /** What lies behind it, for the log. */
      readonly cause: Error | undefined;
      readonly rss: number;
    };

class TemplateMissing extends Error {}

const send = (answer: Answer): void => {
  process.send?.(answer);
};

// Under load the process that answers goes first: a picture that is finished already must not wait for one that is not.
const NICENESS = 5;
// From 0 to 1000: which process the kernel ends first when memory runs out. This one is replaced within a second.
const OOM_SCORE = '600';

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
function serveParent(renderer: Renderer, fitter: Fitter): void {
  process.on('message', async (order: Order) => {
    const { id, templateKey, source, ...job } = order;
    const load = (): Source => {
      if (!source) throw new TemplateMissing();
      return source;
    };
    try {
      const template = { key: templateKey, load };
      if ('rows' in job) {
        const report = await fitter.fit({ ...job, template });
        return send({ id, kind: 'fitted', report, rss: process.memoryUsage.rss() });
      }
      const { bytes, ...rendered } = await renderer.render({ ...job, template });
      layOnTray(bytes);
      send({ id, kind: 'done', length: bytes.length, rendered, rss: process.memoryUsage.rss() });
    } catch (error) {
      if (error instanceof TemplateMissing) return send({ id, kind: 'missing' });
      const known =
        error instanceof AppError
          ? error
          : new AppError('render_failed', 'The picture could not be drawn: look at its template.', { cause: error });
      const { code, message } = known;
      const cause = known.cause instanceof Error ? known.cause : undefined;
      send({ id, kind: 'failed', code, message, cause, rss: process.memoryUsage.rss() });
    }
  });
  process.on('disconnect', () => process.exit(0));
  // The parent decides when to stop: Ctrl-C reaches the whole group, and pictures in hand should still be finished.
  process.on('SIGINT', () => {});
  send({ kind: 'ready' });
}

// Loaded here rather than above, so that a missing native library is a sentence to the parent and not a stack.
try {
  stepBack();
  const [{ createRenderer }, { createFitter }] = await Promise.all([import('./renderer.ts'), import('./fit.ts')]);
  serveParent(createRenderer(), createFitter());
} catch (error) {
  const known =
    error instanceof AppError
      ? error
      : new AppError('start_failed', 'A render process cannot start.', { cause: error });
  send({ kind: 'refused', code: known.code, message: known.message });
  process.disconnect?.();
}
