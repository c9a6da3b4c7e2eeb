import { LRUCache } from 'lru-cache';
import { AppError } from '../../core/errors.ts';
import { type TokenClaims, verifyToken } from '../../core/links/token.ts';
import { type ImageAddress, parseImagePath } from '../../core/links/url.ts';
import { outputs } from '../../core/template/output.ts';
import type { Changes } from '../changes.ts';
import type { Log } from '../observe/log.ts';
import type { Observed } from '../observe/observed.ts';
import type { Shown } from '../observe/shown.ts';
import { type Answer, keptAsGood, pictureAnswer, refusal, unchangedAnswer } from './answer.ts';
import { createLadder, type LadderParts } from './ladder.ts';
import { type PrepareParts, prepare } from './prepare.ts';
import { shownBy } from './shown.ts';

/** Answers for pictures, over whatever carries the request. */
export type ImageEndpoint = {
  /**
   * The answer to a GET of `/i/<token>.<ext>?…`. A picture in this process comes at once, without a promise; a valid
   * token always gets a picture, within two seconds. Never throws or rejects.
   */
  answer(target: string, ifNoneMatch?: string, userAgent?: string): Answer | Promise<Answer>;
};

/** What the endpoint works with. */
export type EndpointParts = Omit<PrepareParts & LadderParts, 'onFault' | 'now'> & {
  readonly changes: Pick<Changes, 'count'>;
  readonly observed: Pick<Observed, 'served' | 'refused'>;
  readonly log: Log;
};

/** An address whose way to its picture is known: while this lasts, a hit is two look-ups. */
type Remembered = {
  readonly key: string;
  readonly hit: Answer;
  readonly shown: Shown;
  readonly until: number;
  readonly change: number;
};

const REMEMBERED_ADDRESSES = 10_000;
const REMEMBERED_LETTERS = 16 * 1024 * 1024;
const REMEMBERED_TOKENS = 10_000;
// How long a change made by another process may go unseen here, on top of the age of copies.
const REMEMBERED_MS = 2000;

/** Makes the endpoint from its parts; `now` gives ms since 1970. */
export function createImageEndpoint(parts: EndpointParts, now: () => number = Date.now): ImageEndpoint {
  const { pictures, changes, observed, log, signingKeys } = parts;
  const remembered = new LRUCache<string, Remembered>({
    max: REMEMBERED_ADDRESSES,
    // An address may be 16 KB long, and anybody can make many of one that works.
    maxSize: REMEMBERED_LETTERS,
    sizeCalculation: (_, target) => target.length,
  });
  const tokens = new LRUCache<string, TokenClaims>({ max: REMEMBERED_TOKENS });
  const onFault = (link: string, error: unknown) => log.warn('picture.failed', { link }, error);
  const descend = createLadder({ ...parts, now, onFault });

  function verify(token: string): TokenClaims {
    const known = tokens.get(token);
    if (known) return known;
    const claims = verifyToken(token, signingKeys);
    tokens.set(token, claims);
    return claims;
  }

  async function serve(
    target: string,
    ifNoneMatch: string | undefined,
    claims: TokenClaims,
    address: ImageAddress,
    userAgent: string | undefined,
  ): Promise<Answer> {
    const startedAt = performance.now();
    const change = changes.count();
    const prepared = await prepare({ ...parts, onFault }, { claims, address, now: now() }, startedAt);
    const { key, drawing, reason, late, bucket } = prepared;
    const shown = shownBy(claims, address, prepared);
    let answer: Answer;
    if (key !== undefined && late === undefined && ifNoneMatch?.includes(`"${key}"`))
      answer = unchangedAnswer(key, keptAsGood(prepared, now()), 'hit');
    else {
      const served = { ...(await descend(prepared, startedAt)), name: drawing?.published.name };
      answer = pictureAnswer(served);
      // Only the picture that was asked for has a key; from now on it is a hit, or what its reason makes of one.
      if (drawing && served.key !== undefined) {
        const { mime } = outputs[drawing.format];
        const hit = pictureAnswer({ ...served, mime, outcome: reason ? served.outcome : 'hit' });
        const until = Math.min(now() + REMEMBERED_MS, bucket?.end ?? Number.POSITIVE_INFINITY);
        remembered.set(target, { key: served.key, hit: { ...hit, body: undefined }, shown, until, change });
      }
    }
    const ms = performance.now() - startedAt;
    observed.served(shown, answer.outcome, ms, answer.body?.length ?? 0, userAgent);
    if (answer.outcome !== 'hit') {
      log.info('picture', {
        route: '/i/:token',
        status: answer.status,
        ms: Math.round(ms),
        outcome: answer.outcome,
        workspace: shown.workspace,
        link: claims.id,
      });
    }
    return answer;
  }

  function serveNew(
    target: string,
    ifNoneMatch: string | undefined,
    userAgent: string | undefined,
  ): Answer | Promise<Answer> {
    try {
      const address = parseImagePath(target);
      return serve(target, ifNoneMatch, verify(address.token), address, userAgent);
    } catch (error) {
      observed.refused();
      const sentence = error instanceof AppError ? error.message : 'This is not an address of a picture.';
      return refusal(403, sentence);
    }
  }

  function serveAgain({ hit, shown }: Remembered, body: Buffer, ms: number, userAgent: string | undefined): Answer {
    observed.served(shown, hit.outcome, ms, body.length, userAgent);
    return { ...hit, body };
  }

  /** Its picture is not in this process any more: the store has it, or all is looked at anew. */
  async function fetchAgain(known: Remembered, target: string, userAgent: string | undefined): Promise<Answer> {
    const startedAt = performance.now();
    const body = await pictures.find(known.key);
    if (body) return serveAgain(known, body, performance.now() - startedAt, userAgent);
    return serveNew(target, undefined, userAgent);
  }

  return {
    answer(target, ifNoneMatch, userAgent) {
      const known = remembered.get(target);
      if (known && known.change === changes.count() && known.until > now() && ifNoneMatch === undefined) {
        const body = pictures.peek(known.key);
        return body ? serveAgain(known, body, 0, userAgent) : fetchAgain(known, target, userAgent);
      }
      return serveNew(target, ifNoneMatch, userAgent);
    },
  };
}
