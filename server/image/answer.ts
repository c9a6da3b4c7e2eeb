import { STATUS_CODES } from 'node:http';
import type { Plan } from './plan.ts';

/** What goes back over HTTP; `headers` alternates names and values, as `writeHead` takes them fastest. */
export type Answer = {
  readonly status: 200 | 304 | 403 | 405;
  readonly headers: readonly string[];
  readonly body: Buffer | undefined;
  readonly outcome: string;
};

/** A picture some step of the ladder came up with. Without `key` it is not the one that was asked for. */
export type Served = {
  readonly mime: string;
  readonly bytes: Buffer;
  readonly outcome: string;
  readonly maxAge: number;
  readonly key?: string;
};

// Our own media types are final, and a picture opened on its own may run and load nothing. Any page may show it, also one
// that keeps itself apart from other origins.
const SAFETY = [
  ...['X-Content-Type-Options', 'nosniff', 'Content-Security-Policy', "default-src 'none'; sandbox"],
  ...['Cross-Origin-Resource-Policy', 'cross-origin'],
];

const freshness = (maxAge: number, key: string | undefined, outcome: string): string[] => [
  'Cache-Control',
  `public, max-age=${maxAge}`,
  'X-Mergepix-Outcome',
  outcome,
  ...(key === undefined ? [] : ['ETag', `"${key}"`]),
];

/** 200 with a picture. */
export const pictureAnswer = ({ mime, bytes, outcome, maxAge, key }: Served): Answer => ({
  status: 200,
  headers: [
    'Content-Type',
    mime,
    'Content-Length',
    String(bytes.length),
    ...SAFETY,
    ...freshness(maxAge, key, outcome),
  ],
  body: bytes,
  outcome,
});

/** 304: the asker has this very picture. */
export const unchangedAnswer = (key: string, maxAge: number, outcome: string): Answer => ({
  status: 304,
  headers: [...SAFETY, ...freshness(maxAge, key, outcome)],
  body: undefined,
  outcome,
});

/** An error in a line of text, for whoever made the address up. */
export function refusal(status: 403 | 405, sentence: string): Answer {
  const body = Buffer.from(`${STATUS_CODES[status]}: ${sentence}\n`);
  const headers = ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(body.length), ...SAFETY];
  return { status, headers: [...headers, 'Cache-Control', 'no-store'], body, outcome: 'refused' };
}

/** Below fresh a picture is kept for a minute only: what is missing may be there by then. */
export const BELOW_FRESH_SECONDS = 60;

/** How long a plan's own picture may be kept, in seconds. */
export const maxAgeOf = ({ drawing, reason }: Plan): number =>
  drawing && !reason ? drawing.published.template.freshness.maxAge : BELOW_FRESH_SECONDS;
