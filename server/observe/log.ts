import { type DestinationStream, pino } from 'pino';
import { AppError } from '../../core/errors.ts';
import type { LogLevel } from '../config.ts';

/**
 * Everything a line may hold besides its time, level and event. A key that is not here is dropped, so that an address,
 * a token, a value or an email cannot get in by accident: redaction by path would miss those inside longer texts.
 */
const allowed = {
  /** What happened, such as `request` or `render.failed`. */
  event: true,
  method: true,
  /** The pattern of a route, never the path that was asked for. */
  route: true,
  status: true,
  ms: true,
  outcome: true,
  reason: true,
  link: true,
  template: true,
  connection: true,
  warmup: true,
  /** How many, by what became of them. */
  contacts: true,
  pictures: true,
  source: true,
  version: true,
  actor: true,
  workspace: true,
  operation: true,
  code: true,
  error: true,
  /** Frames of a stack: functions and files, without the message. */
  frames: true,
  served: true,
  port: true,
  /** The id of a key. */
  kid: true,
} as const;

type Field = Exclude<keyof typeof allowed, 'event' | 'error' | 'frames'>;

/** The facts of one line; see `allowed`. */
export type LogFields = {
  readonly [Name in Field]?: string | number | Readonly<Record<string, number>> | null | undefined;
};

/** Writes lines of JSON: an event, its facts and, for failures, what kind of error it was. */
export type Log = {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields, error?: unknown): void;
  error(event: string, fields?: LogFields, error?: unknown): void;
};

/** Logs to the given stream (standard output by default). */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = { level, base: null, formatters: { log: pick }, timestamp: pino.stdTimeFunctions.isoTime };
  const lines = destination ? pino(options, destination) : pino(options);
  return {
    info: (event, fields) => lines.info({ event, ...fields }),
    warn: (event, fields, error) => lines.warn({ event, ...fields, ...describe(error) }),
    error: (event, fields, error) => lines.error({ event, ...fields, ...describe(error) }),
  };
}

const pick = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => Object.hasOwn(allowed, key)));

/** Messages of foreign errors quote what they choke on, so only an AppError's kind and the place of others are told. */
function describe(error: unknown): Record<string, unknown> {
  if (error === undefined) return {};
  if (error instanceof AppError) return { code: error.code, ...(error.cause ? describe(error.cause) : {}) };
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  const { code } = error as NodeJS.ErrnoException;
  return { error: error.name, ...(code ? { code } : {}), frames: frames?.slice(0, 6).map((line) => line.trim()) };
}
