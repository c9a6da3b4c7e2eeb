import { STATUS_CODES } from 'node:http';
import { outputs } from '../../core/template/output.ts';
import type { Prepared } from './prepare.ts';

/** What goes back over HTTP; `headers` alternates names and values, as `writeHead` takes them fastest. */
export type Answer = {
  readonly status: 200 | 304 | 403 | 405;
  readonly headers: readonly string[];
  readonly body: Buffer | undefined;
  readonly outcome: string;
};

/** How long others may keep a picture, in seconds; and, for the one that was asked for, how long after that in need. */
export type Keeping = { readonly maxAge: number; readonly stale?: number };

/** A picture some step of the ladder came up with. Without `key` it is not the one that was asked for. */
export type Served = {
  readonly mime: string;
  readonly bytes: Buffer;
  readonly outcome: string;
  readonly keeping: Keeping;
  readonly key?: string;
  /** What a browser saves it as, without extension. */
  readonly name?: string | undefined;
};

// Our own media types are final. Any page may show what we serve, also one that keeps itself apart from other origins.
const TYPES = ['X-Content-Type-Options', 'nosniff', 'Cross-Origin-Resource-Policy', 'cross-origin'];
// A picture opened on its own may run and load nothing.
const SAFETY = [...TYPES, 'Content-Security-Policy', "default-src 'none'; sandbox"];
// A browser's viewer of PDFs is held to the policy of the file, and would stay blank.
const safetyOf = (mime: string) => (mime === outputs.pdf.mime ? TYPES : SAFETY);
// A cache in front that cannot reach us shows what it has for a day.
const STALE_IF_ERROR = 86_400;

const cacheControl = ({ maxAge, stale }: Keeping): string => {
  if (stale === undefined) return `public, max-age=${maxAge}`;
  const revalidate = stale > 0 ? `, stale-while-revalidate=${stale}` : '';
  return `public, max-age=${maxAge}${revalidate}, stale-if-error=${STALE_IF_ERROR}`;
};

const freshness = (keeping: Keeping, key: string | undefined, outcome: string): string[] => [
  'Cache-Control',
  cacheControl(keeping),
  'X-Mergepix-Outcome',
  outcome,
  ...(key === undefined ? [] : ['ETag', `"${key}"`]),
];

// The name of a template has nothing that a header would take for something else.
const disposition = ({ mime, name = 'page' }: Served): string[] =>
  mime === outputs.pdf.mime ? ['Content-Disposition', `inline; filename="${name}.${outputs.pdf.extension}"`] : [];

/** 200 with a picture, or with a PDF, which opens in the browser under the name of its template. */
export const pictureAnswer = (served: Served): Answer => ({
  status: 200,
  headers: [
    'Content-Type',
    served.mime,
    'Content-Length',
    String(served.bytes.length),
    ...disposition(served),
    ...safetyOf(served.mime),
    ...freshness(served.keeping, served.key, served.outcome),
  ],
  body: served.bytes,
  outcome: served.outcome,
});

/** 304: the asker has this very picture. */
export const unchangedAnswer = (key: string, keeping: Keeping, outcome: string): Answer => ({
  status: 304,
  headers: [...SAFETY, ...freshness(keeping, key, outcome)],
  body: undefined,
  outcome,
});

/** An error in a line of text, for whoever made the address up. */
export function refusal(status: 403 | 405, sentence: string): Answer {
  const body = Buffer.from(`${STATUS_CODES[status]}: ${sentence}\n`);
  const headers = ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(body.length), ...SAFETY];
  return { status, headers: [...headers, 'Cache-Control', 'no-store'], body, outcome: 'refused' };
}

const BELOW_FRESH_SECONDS = 60;

/** Below fresh a picture is kept for a minute only, or a short bucket: what is missing may be there by then. */
export const keptBelowFresh = ({ bucket }: Pick<Prepared, 'bucket'>): Keeping => ({
  maxAge: bucket ? Math.min(BELOW_FRESH_SECONDS, Math.round((bucket.end - bucket.start) / 1000)) : BELOW_FRESH_SECONDS,
});

/** How long the very picture that was asked for may be kept, as of `now`, in ms since 1970. */
export function keptAsGood(prepared: Prepared, now: number): Keeping {
  const { drawing, reason, bucket } = prepared;
  if (!drawing || reason) return keptBelowFresh(prepared);
  const { maxAge } = drawing.published.template.freshness;
  if (!bucket) return { maxAge, stale: 0 };
  const left = Math.max(0, Math.ceil((bucket.end - now) / 1000));
  return { maxAge: Math.min(maxAge, left), stale: bucket.staleMs / 1000 };
}
