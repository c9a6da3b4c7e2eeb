import type { ErrorRequestHandler } from 'express';
import { AppError, type ErrorCode, type Fault } from '../../core/errors.ts';
import type { Log } from '../observe/log.ts';
import { recordsFault } from '../stores/records/faults.ts';

/** What is answered when something failed that nobody foresaw. */
type ProblemCode = ErrorCode | 'internal_error';

/** The status and title of every code; the sentence that says what to do comes with the error. */
export const problems = {
  config_invalid: { status: 500, title: 'The service is not configured for this' },
  start_failed: { status: 500, title: 'The service could not start' },
  request_invalid: { status: 400, title: 'The request is not valid' },
  body_too_large: { status: 413, title: 'The body is too large' },
  not_found: { status: 404, title: 'There is nothing here' },
  unauthorized: { status: 401, title: 'An API key is needed' },
  forbidden: { status: 403, title: 'This API key may not do that' },
  template_invalid: { status: 422, title: 'The template has faults' },
  template_not_found: { status: 404, title: 'There is no such template, version or variant' },
  template_not_publishable: { status: 422, title: 'The template cannot be published yet' },
  workspace_conflict: { status: 409, title: 'The workspace cannot be made or closed' },
  version_conflict: { status: 409, title: 'The version is in another state' },
  template_revoked: { status: 409, title: 'The template is revoked' },
  review_required: { status: 409, title: 'Somebody else has to approve this' },
  dataset_not_found: { status: 404, title: 'There is no such set of data' },
  edit_refused: { status: 422, title: 'These options are not open to editing' },
  data_invalid: { status: 422, title: 'The data does not fit the template' },
  expression_failed: { status: 422, title: 'An expression of the template went past its limits' },
  token_invalid: { status: 403, title: 'The token is not one of ours' },
  reference_invalid: { status: 400, title: 'The contact reference is not one of ours' },
  link_not_found: { status: 404, title: 'There is no such link' },
  link_refused: { status: 422, title: 'The link cannot be made' },
  place_refused: { status: 422, title: 'The picture cannot be placed there' },
  picture_not_found: { status: 404, title: 'There is no such picture' },
  contact_not_found: { status: 404, title: 'There is no such contact' },
  asset_not_found: { status: 404, title: 'There is no such asset' },
  asset_invalid: { status: 422, title: 'The asset is not a picture that can be used' },
  font_not_found: { status: 404, title: 'There is no such font' },
  font_invalid: { status: 422, title: 'The file is not a font that can be used' },
  address_refused: { status: 422, title: 'The address is not one that may be reached from here' },
  blobs_unavailable: { status: 503, title: 'The store of files does not answer' },
  fetch_failed: { status: 422, title: 'What the address holds could not be had' },
  source_not_found: { status: 404, title: 'There is no such source' },
  connection_not_found: { status: 404, title: 'There is no such connection' },
  connection_refused: { status: 422, title: 'The platform does not allow this' },
  connection_conflict: { status: 409, title: 'The connection would get in the way of another' },
  sync_pending: { status: 409, title: 'A sync is under way' },
  platform_unavailable: { status: 503, title: 'The platform does not answer' },
  rate_limited: { status: 429, title: 'Too many requests' },
  idempotency_conflict: { status: 422, title: 'The Idempotency-Key was used before' },
  idempotency_pending: { status: 409, title: 'The same request is still under way' },
  render_crashed: { status: 500, title: 'Drawing the picture ended its process' },
  render_failed: { status: 500, title: 'The picture could not be drawn' },
  render_timeout: { status: 503, title: 'The picture was not drawn in time' },
  overloaded: { status: 503, title: 'The service is busy' },
  records_unavailable: { status: 503, title: 'The database does not answer' },
  disk_full: { status: 503, title: 'The disk is full' },
  internal_error: { status: 500, title: 'Something went wrong here' },
} as const satisfies Record<ProblemCode, { status: number; title: string }>;

/** An error as RFC 9457 has it. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly faults: readonly Fault[];
};

const RETRY_SECONDS = '2';
/** Seconds after which to come back, where the answer has none of its own. */
const waits: { readonly [Code in ProblemCode]?: string } = {
  rate_limited: '60',
  idempotency_pending: RETRY_SECONDS,
  platform_unavailable: '60',
};

/** The problem document of an error; what is not an AppError tells nothing about itself. */
function describeProblem(error: unknown): Problem {
  const known = error instanceof AppError ? error : undefined;
  const code: ProblemCode = known?.code ?? 'internal_error';
  const { status, title } = problems[code];
  return {
    type: `urn:mergepix:problem:${code}`,
    title,
    status,
    detail: known?.message ?? 'The request failed for a reason on our side: try again, or look at the log.',
    code,
    faults: known?.faults ?? [],
  };
}

/** Turns whatever a handler threw into a problem document; failures on our side are logged, without their message. */
export const answerProblems =
  (log: Log): ErrorRequestHandler =>
  (thrown, request, response, next) => {
    const error = recordsFault(thrown) ?? fromBodyParser(thrown);
    const problem = describeProblem(error);
    if (problem.status >= 500) log.error('request.failed', { method: request.method, status: problem.status }, error);
    if (response.headersSent) return next(error);
    response.locals.code = problem.code;
    if (problem.status === 401) response.set('WWW-Authenticate', 'Bearer');
    const wait = waits[problem.code] ?? (problem.status === 503 ? RETRY_SECONDS : undefined);
    if (wait !== undefined && !response.get('Retry-After')) response.set('Retry-After', wait);
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  };

/** What Express and its body parser throw, in our own words: theirs would repeat a part of the body. */
function fromBodyParser(error: unknown): unknown {
  const { type, status, limit } = error as { type?: unknown; status?: unknown; limit?: unknown };
  if (error instanceof AppError || typeof status !== 'number' || status >= 500) return error;
  if (type === 'entity.too.large') {
    return new AppError('body_too_large', `Send at most ${Number(limit) / 1024 / 1024} MB at once.`);
  }
  if (type === 'entity.parse.failed')
    return new AppError('request_invalid', 'The body is not valid JSON: check its syntax.');
  return new AppError('request_invalid', 'The request cannot be read: check its path, encoding and headers.');
}
