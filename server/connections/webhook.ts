import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../core/errors.ts';
import type { IncomingWebhook } from '../../integrations/connector.ts';
import type { Services } from '../services.ts';
import { createCopies } from '../stores/copies.ts';
import { findAnyConnection } from '../stores/records/connections.ts';
import { takeOnce } from '../stores/records/received.ts';
import { openWebhookSecrets, readConnection, type WebhookSecrets } from './connection.ts';
import { type PlatformId, platforms } from './platforms.ts';

/** Where a platform calls the webhook of a connection, below the public address. */
export const webhookPath = (connection: string): string => `/v1/connections/${connection}/webhook`;

/** The header a platform sends our secret in, where it can send headers. */
export const SECRET_HEADER = 'X-Mergepix-Secret';
/** The parameter of the address our secret is in, where it cannot. */
export const SECRET_PARAMETER = 'secret';

const ID = /^[\w-]{1,40}$/;
const ROUTE = '/v1/connections/:id/webhook';
const MAX_BYTES = 256 * 1024;
const MINUTE_MS = 60_000;
// A flow may send everybody of a list at once; what is turned away it sends again.
const CALLS_PER_MINUTE = 6000;
const MAX_CONNECTIONS = 1_000;
const SIGNATURE_MS = 300_000;
// How often a wrong secret may have the records looked at.
const LOOK_AGAIN_MS = 200;

/** A connection that may be called. */
type Called = {
  readonly id: string;
  readonly workspace: string;
  readonly audiences: readonly string[];
  readonly secrets: WebhookSecrets;
  readonly webhook: IncomingWebhook;
};

type Parts = Pick<Services, 'records' | 'encryption' | 'jobs' | 'changes'>;

/**
 * `/v1/connections/<id>/webhook`, which platforms call: whoever has the connection's secret is believed that something
 * happened, and nothing else, since the contact is looked up on the platform by a job. Anybody else gets 403 without a
 * word. The body of a stranger is not even read, and no event is taken twice.
 */
export function routeWebhooks(services: Parts): Router {
  const { records, encryption, changes } = services;
  const router = Router({ caseSensitive: true, strict: true });
  const called = createCopies<Called>(MAX_CONNECTIONS, async (id) => {
    const record = await findAnyConnection(records, id);
    if (!record) return undefined;
    const { workspace, platform, audiences } = readConnection(record);
    return {
      ...{ id, workspace, audiences },
      secrets: openWebhookSecrets(encryption, record),
      webhook: platforms[platform as PlatformId].webhook,
    };
  });

  changes.on('connection', called.expire);
  const lookedAgain = new LRUCache<string, true>({ max: MAX_CONNECTIONS, ttl: LOOK_AGAIN_MS });

  /** The connection, if it fits; its secrets may have been renewed a moment ago, by another process too. */
  async function findThat(id: string, fits: (connection: Called) => boolean): Promise<Called | undefined> {
    if (!ID.test(id)) return undefined;
    const known = await called.get(id);
    if (known && fits(known)) return known;
    if (lookedAgain.has(id)) return undefined;
    lookedAgain.set(id, true);
    called.expire(id);
    const connection = await called.get(id);
    return connection && fits(connection) ? connection : undefined;
  }

  const authorize: RequestHandler = async (request, response, next) => {
    response.locals.route = ROUTE;
    const connection = await findThat(String(request.params.id), ({ webhook, secrets }) =>
      sameText(givenSecret(request, webhook), secrets.secret),
    );
    if (!connection) {
      response.status(403).end();
      return;
    }
    response.locals.called = connection;
    next();
  };
  const limit = rateLimit({
    windowMs: MINUTE_MS,
    limit: CALLS_PER_MINUTE,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (_request, response) => calledBy(response as Response).id,
    handler: (_request, _response, next) =>
      next(new AppError('rate_limited', 'Too many calls of this webhook within a minute: see Retry-After.')),
  });
  const readBody = express.raw({ limit: MAX_BYTES, type: () => true });

  // Platforms look whether there is anybody before they keep an address.
  router.get(ROUTE, authorize, (_request, response) => void response.status(200).end());
  router.post(ROUTE, authorize, limit, readBody, async (request, response) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const connection = await findThat(calledBy(response).id, (one) => isSigned(request, body, one));
    if (!connection) {
      response.status(403).end();
      return;
    }
    if (body.length > 0) await receive(services, connection, body.toString(), Date.now());
    response.status(200).end();
  });
  return router;
}

const calledBy = (response: Response): Called => response.locals.called as Called;

function givenSecret(request: Request, { secretIn }: IncomingWebhook): string {
  const given = secretIn === 'header' ? request.get(SECRET_HEADER) : request.query[SECRET_PARAMETER];
  return typeof given === 'string' ? given : '';
}

/** Whatever their lengths, in the same time. */
const sameText = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Whether a signature, if there is one, is right. A platform may sign nothing, and one that was told of us by hand signs
 * with what only its owner was shown: then our own secret has to do.
 */
function isSigned(request: Request, body: Buffer, { secrets, webhook }: Called): boolean {
  const header = webhook.signatureHeader === null ? undefined : request.get(webhook.signatureHeader);
  if (header === undefined || secrets.signing.length === 0) return true;
  const parts = header.split(',').map((part) => part.trim().split('=', 2));
  const time = parts.find(([name]) => name === 't')?.[1] ?? '';
  if (!/^\d{1,12}$/.test(time) || Math.abs(Date.now() - Number(time) * 1000) > SIGNATURE_MS) return false;
  const sums = parts.flatMap(([name, sum]) => (name === 'v1' && sum !== undefined ? [sum.toLowerCase()] : []));
  return secrets.signing.some((secret) => {
    const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex');
    return sums.some((sum) => sameText(sum, expected));
  });
}

/** Leaves what the body tells to a job, once. */
async function receive({ records, encryption, jobs }: Parts, connection: Called, body: string, now: number) {
  const { id, workspace, audiences, webhook } = connection;
  const event = webhook.read(body, audiences);
  if (!event) return;
  // Keyed, for a body holds an address that could be guessed.
  const window = Math.floor(now / webhook.sameForMs);
  const [known = ''] = encryption.fingerprints(`${window}\n${body}`, `received:${id}`);
  await records.transaction().execute(async (db) => {
    if (!(await takeOnce(db, { connection: id, digest: known, at: now }))) return;
    await jobs.add('connection.receive', { workspace, payload: { connection: id, event } }, db);
  });
}
