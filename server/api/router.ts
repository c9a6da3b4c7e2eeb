import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express, { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express';
import type { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { faultsOf } from '../../core/template/parse.ts';
import { isTooDeep } from '../depth.ts';
import type { Services } from '../services.ts';
import { onlyOnce } from './idempotency.ts';
import { createLimits, type Limits } from './limits.ts';
import { isBytes, isMedia, isOptional, type Operation } from './operation.ts';

const JSON_LIMIT = 1024 * 1024;

/** What requests are answered with. */
type Parts = Pick<Services, 'access' | 'config' | 'records' | 'encryption' | 'log'>;

/** Routes for a list of operations: bearer key first, then its limit, the body, the schemas, and then the work. */
export function routeOperations(operations: readonly Operation[], services: Parts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const limits = createLimits(services.config.rateLimit);
  for (const operation of operations) {
    const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1');
    const limit = operation.scope === 'pictures:write' ? limits.making : limits.general;
    const authorized = [authorize(operation, services, limits), limit];
    router[operation.method](path, ...authorized, ...readBody(operation), run(operation, services));
  }
  return router;
}

const authorize =
  ({ scope, path, isOperators }: Operation, { access }: Parts, limits: Limits): RequestHandler =>
  async (request: Request, response: Response, next: NextFunction) => {
    response.locals.route = path;
    const actor = await limits.authenticate(request, () => access.authenticate(request));
    if (isOperators && !actor.isOperator)
      throw new AppError('forbidden', "This needs the installation's own admin key.");
    if (scope !== undefined && !actor.scopes.has(scope)) {
      const message = `This needs a key that may do ${scope}; the key that was sent has the role ${actor.role} and may not.`;
      throw new AppError('forbidden', message);
    }
    response.locals.actor = actor;
    next();
  };

// The key comes before the body: a stranger's ten megabytes are not even read.
function readBody({ body }: Operation): RequestHandler[] {
  if (!body) return [];
  const anyType = () => true;
  if (isBytes(body)) {
    const raw = express.raw({ limit: body.maxBytes, type: anyType });
    return body.json ? [express.json({ limit: body.maxBytes, strict: false }), raw] : [raw];
  }
  return [requireJson(isOptional(body)), express.json({ limit: JSON_LIMIT, strict: false })];
}

const requireJson =
  (mayBeAbsent: boolean): RequestHandler =>
  (request, _response, next) => {
    const found = request.is('application/json');
    // Null is no body at all.
    if (found || (mayBeAbsent && found === null)) return next();
    throw new AppError('request_invalid', 'Send the body as JSON, with Content-Type: application/json.');
  };

const run =
  (operation: Operation, services: Parts): RequestHandler =>
  async (request: Request, response: Response) => {
    const { params, query, body, status, run: work } = operation;
    const input = {
      actor: response.locals.actor,
      setHeader: (name: string, value: string) => void response.setHeader(name, value),
      params: check(params, request.params, 'the path'),
      query: check(query, request.query, 'the query'),
      body: readableAs(body, request),
    };
    const done = await onlyOnce(services, operation, request, response, async () => ({
      status,
      answer: await work(input),
    }));
    response.status(done.status);
    const { answer } = operation;
    if (answer && isMedia(answer)) {
      const { mime, bytes } = done.answer as { mime: string; bytes: Buffer | Readable };
      response.type(mime);
      if (Buffer.isBuffer(bytes)) response.send(bytes);
      else
        await pipeline(bytes, response).catch((error: unknown) => {
          // Broken off half-way there is nobody left to tell: a file cut short cannot be opened.
          if (!answer.isEndless) services.log.warn('answer.broken', {}, error);
        });
    } else if (answer) response.json(done.answer);
    else response.end();
  };

function readableAs(body: Operation['body'], request: Request): unknown {
  const schema = isBytes(body) ? !Buffer.isBuffer(request.body) && body.json : body;
  return schema ? check(schema, request.body, 'the body') : request.body;
}

function check(schema: z.ZodType, given: unknown, where: string): unknown {
  if (isTooDeep(given))
    throw new AppError('request_invalid', `Something in ${where} is nested too deep: make it flatter.`);
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const known = 'shape' in schema ? Object.keys(schema.shape as object) : [];
  const faults = faultsOf(result.error, () => known);
  throw new AppError('request_invalid', `Something in ${where} is not as it should be: mend what is listed.`, {
    faults,
  });
}
