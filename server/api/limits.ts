import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../core/errors.ts';
import { digestOf } from '../access/api-keys.ts';
import type { Actor } from '../access/roles.ts';

/** How often keys may ask, and strangers may guess. Each process counts for itself. */
export type Limits = {
  /** Counts a request of a key, after it was found out whose it is; throws `rate_limited`. */
  readonly general: RequestHandler;
  /** The same for making pictures, of which there may be five times as many. */
  readonly making: RequestHandler;
  /**
   * Finds out who asks. Throws `rate_limited` when too many different wrong keys came from this address within a minute; a key
   * that was right before goes on working, for many may share an address.
   */
  authenticate(request: Request, find: () => Promise<Actor>): Promise<Actor>;
};

const MINUTE_MS = 60_000;
const MAKING = 5;
const MAX_GUESSES = 60;
const MAX_ADDRESSES = 10_000;
const MAX_KNOWN = 10_000;
const KNOWN_MS = 3_600_000;

/** Limits of `perMinute` requests for each key. */
export function createLimits(perMinute: number): Limits {
  const limited = (name: string, limit: number): RequestHandler =>
    rateLimit({
      windowMs: MINUTE_MS,
      limit,
      identifier: name,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      keyGenerator: (_request: Request, response: Response) => {
        const { workspace, id } = response.locals.actor as Actor;
        return `${workspace}:${id}`;
      },
      handler: (_request: Request, _response: Response, next: NextFunction) =>
        next(new AppError('rate_limited', 'Too many requests of this key within a minute: see Retry-After.')),
    });
  /** The wrong keys of each address; one that is sent over and over is no guessing. */
  const guesses = new LRUCache<string, Set<string>>({ max: MAX_ADDRESSES, ttl: MINUTE_MS });
  const known = new LRUCache<string, true>({ max: MAX_KNOWN, ttl: KNOWN_MS });

  return {
    general: limited('general', perMinute),
    making: limited('making', perMinute * MAKING),
    async authenticate(request, find) {
      const { authorization = '', cookie = '' } = request.headers;
      const credentials = digestOf(authorization || cookie);
      const address = ipKeyGenerator(request.ip ?? '');
      if ((guesses.get(address)?.size ?? 0) >= MAX_GUESSES && !known.has(credentials))
        throw new AppError('rate_limited', 'Too many wrong keys came from this address: come back in a minute.');
      try {
        const actor = await find();
        known.set(credentials, true);
        return actor;
      } catch (error) {
        if (error instanceof AppError && error.code === 'unauthorized') {
          // Into the same set, so that its minute runs from the first one.
          const wrong = guesses.get(address);
          if (wrong) wrong.add(credentials);
          else guesses.set(address, new Set([credentials]));
        }
        throw error;
      }
    },
  };
}
