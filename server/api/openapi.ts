import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { ErrorCode } from '../../core/errors.ts';
import { sessionCookieName } from '../access/sessions.ts';
import { openPaths } from './open-paths.ts';
import { isBytes, isMedia, isOptional, type Media, type Operation } from './operation.ts';
import { fault } from './parts.ts';
import { problems } from './problems.ts';

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string().meta({ description: 'One sentence that says what to do.' }),
    code: z.enum(Object.keys(problems) as [string, ...string[]]),
    faults: z.array(fault).meta({ description: 'Every single thing wrong.' }),
  })
  .meta({ id: 'Problem', description: 'An error, as RFC 9457 has it.' });

/** The OpenAPI 3.1 document of a list of operations, from the very schemas that check their requests. */
export function describeApi(operations: readonly Operation[], publicUrl: string, version: string): object {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Mergepix',
      version,
      description:
        'Merge tags for images: one template and a contact’s fields give one finished picture, from a signed address. ' +
        'A key works in its own workspace; the installation’s admin key in the one that the header `Mergepix-Workspace` names.',
    },
    servers: [{ url: publicUrl }],
    security: [{ key: [] }, { session: [] }],
    tags: [...new Set(operations.map(({ tag }) => tag)), 'Open'].map((name) => ({ name })),
    paths: { ...(paths as ZodOpenApiPathsObject), ...openPaths },
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: sessionCookieName(publicUrl.startsWith('https:')),
          description: 'Of a page that signed in; what changes something also sends X-CSRF-Token.',
        },
      },
    },
  });
}

const idempotencyHeader = z.object({
  'Idempotency-Key': z.string().min(1).max(200).optional().meta({
    description: 'The same request with the same key, within 24 hours, is done once and answered alike.',
  }),
});

function describe(operation: Operation): ZodOpenApiOperationObject {
  const { id, method, tag, summary, params, query, body, answer, status, refuses } = operation;
  const isPost = method === 'post';
  const common: ErrorCode[] = ['unauthorized', 'forbidden', 'request_invalid', 'rate_limited'];
  if (isPost) common.push('idempotency_conflict', 'idempotency_pending');
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: neededFor(operation),
    requestParams: { path: params, query, ...(isPost && { header: idempotencyHeader }) },
    ...(body && { requestBody: { required: isBytes(body) || !isOptional(body), content: bodyContent(body) } }),
    responses: {
      [String(status)]: answer
        ? {
            description: 'Done.',
            content: isMedia(answer) ? filesOf(answer) : { 'application/json': { schema: answer } },
          }
        : { description: 'Done; there is nothing to say.' },
      ...refusals([...common, ...(body && !isBytes(body) ? ['body_too_large' as const] : []), ...refuses]),
    },
  };
}

const neededFor = ({ scope, isOperators }: Operation): string => {
  if (isOperators) return "For the installation's own admin key.";
  return scope === undefined ? 'For any key or session.' : `For keys and sessions that may do \`${scope}\`.`;
};

const bodyContent = (body: NonNullable<Operation['body']>) =>
  isBytes(body)
    ? { ...filesOf(body), ...(body.json && { 'application/json': { schema: body.json } }) }
    : { 'application/json': { schema: body } };

const filesOf = ({ mediaTypes }: Media) =>
  Object.fromEntries(mediaTypes.map((type) => [type, { schema: { type: 'string' as const, format: 'binary' } }]));

/** One answer per status, its description listing the codes. */
function refusals(codes: readonly ErrorCode[]): ZodOpenApiOperationObject['responses'] {
  const byStatus: Record<string, ErrorCode[]> = {};
  for (const code of codes) {
    const status = String(problems[code].status);
    byStatus[status] = [...(byStatus[status] ?? []), code];
  }
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, list]) => [
      status,
      {
        description: list.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: problem } },
      },
    ]),
  );
}
