import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import { answerRequest, claimRequest, dropRequest, type IdempotencyRecord } from '../stores/records/idempotency.ts';
import type { Operation } from './operation.ts';

/** What a request comes to: its answer, not sent yet. */
export type Outcome = { readonly status: number; readonly answer: unknown };

const KEPT_MS = 24 * 3_600_000;
// No request takes longer: what is not answered by then never will be, for its process is gone.
const STUCK_MS = 120_000;
const KEY = /^[\x21-\x7e]{1,200}$/;

const sha256 = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\n');
  return hash.digest('hex');
};

const contextOf = ({ workspace, key }: IdempotencyRecord) => `idempotency:${workspace}:${key}`;

/**
 * Runs the work of a POST once for each `Idempotency-Key` of a workspace: the same request again, within 24 hours, gets
 * the first answer. A request that failed made nothing and may come again. Without the header the work just runs.
 */
export async function onlyOnce(
  { records, encryption, log }: Pick<Services, 'records' | 'encryption' | 'log'>,
  { id, method, showsOnce }: Operation,
  request: Request,
  response: Response,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  const given = request.get('idempotency-key');
  if (method !== 'post' || given === undefined) return work();
  if (!KEY.test(given))
    throw new AppError(
      'request_invalid',
      'Make the Idempotency-Key 1 to 200 letters, digits or signs, such as a UUID.',
    );
  const now = Date.now();
  const body = Buffer.isBuffer(request.body) ? request.body : JSON.stringify(request.body ?? null);
  const { workspace } = response.locals.actor;
  // Keyed: a short body could be guessed from a plain digest of it.
  const requests = encryption.fingerprints(sha256(request.originalUrl, body), `idempotency:${workspace}`);
  const record: IdempotencyRecord = {
    workspace,
    key: sha256(given),
    operation: id,
    request: requests[0] ?? '',
    ...{ status: null, answer: null, created_at: now },
  };
  const before = await claimRequest(records, record, { expired: now - KEPT_MS, stuck: now - STUCK_MS });
  if (before) {
    const first = answerOf(before, { operation: id, requests }, (sealed) => encryption.open(sealed, contextOf(before)));
    response.set('Idempotency-Replayed', 'true');
    return first;
  }
  let outcome: Outcome;
  try {
    outcome = await work();
  } catch (error) {
    await dropRequest(records, record).catch((fault: unknown) => log.warn('idempotency.failed', {}, fault));
    throw error;
  }
  // It is made by now, and whoever asked should hear so, even if a second request would make it again.
  const answer = showsOnce ? null : encryption.seal(JSON.stringify(outcome.answer ?? null), contextOf(record));
  await answerRequest(records, record, { status: outcome.status, answer }).catch((fault: unknown) =>
    log.warn('idempotency.failed', {}, fault),
  );
  return outcome;
}

function answerOf(
  before: IdempotencyRecord,
  now: { readonly operation: string; readonly requests: readonly string[] },
  open: (sealed: string) => string,
): Outcome {
  if (before.operation !== now.operation || !now.requests.includes(before.request))
    throw new AppError('idempotency_conflict', 'This Idempotency-Key came with another request: use a new one.');
  if (before.status === null)
    throw new AppError('idempotency_pending', 'The same request is still under way: ask again in a moment.');
  if (before.answer === null)
    throw new AppError(
      'idempotency_conflict',
      'This was done already and its secret was shown then: take what was made away and make it anew.',
    );
  return { status: before.status, answer: JSON.parse(open(before.answer)) as unknown };
}
