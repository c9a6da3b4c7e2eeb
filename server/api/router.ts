import express, { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express';
import type { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { faultsOf } from '../../core/template/parse.ts';
import type { Access } from '../access/access.ts';
import { isBytes, isOptional, type Operation } from './operation.ts';

const JSON_LIMIT = 1024 * 1024;

/** Routes for a list of operations: bearer key first, then the body, then the schemas, then the work. */
export function routeOperations(operations: readonly Operation[], access: Access): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const operation of operations) {
    const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1');
    router[operation.method](path, ...readBody(operation, authorize(operation, access)), run(operation));
  }
  return router;
}

const authorize =
  ({ scope, path, isOperators }: Operation, access: Access): RequestHandler =>
  async (request: Request, response: Response, next: NextFunction) => {
    response.locals.route = path;
    const actor = await access.authenticate(request);
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
function readBody({ body }: Operation, authorized: RequestHandler): RequestHandler[] {
  if (!body) return [authorized];
  const anyType = () => true;
  if (isBytes(body)) return [authorized, express.raw({ limit: body.maxBytes, type: anyType })];
  return [authorized, requireJson(isOptional(body)), express.json({ limit: JSON_LIMIT, strict: false })];
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
  ({ params, query, body, answer, status, run: work }: Operation): RequestHandler =>
  async (request: Request, response: Response) => {
    const result = await work({
      actor: response.locals.actor,
      setHeader: (name, value) => void response.setHeader(name, value),
      params: check(params, request.params, 'the path'),
      query: check(query, request.query, 'the query'),
      body: body && !isBytes(body) ? check(body, request.body, 'the body') : request.body,
    });
    response.status(status);
    if (answer) response.json(result);
    else response.end();
  };

function check(schema: z.ZodType, given: unknown, where: string): unknown {
  const result = parse(schema, given, where);
  if (result.success) return result.data;
  const known = 'shape' in schema ? Object.keys(schema.shape as object) : [];
  const faults = faultsOf(result.error, () => known);
  throw new AppError('request_invalid', `Something in ${where} is not as it should be: mend what is listed.`, {
    faults,
  });
}

function parse(schema: z.ZodType, given: unknown, where: string) {
  try {
    return schema.safeParse(given);
  } catch (cause) {
    // Values within values by the thousand use up the stack.
    if (!(cause instanceof RangeError)) throw cause;
    throw new AppError('request_invalid', `Something in ${where} is nested too deep: make it flatter.`, { cause });
  }
}
