import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';

const picture = { schema: { type: 'string' as const, format: 'binary' } };
const answers = (texts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(texts).map(([status, description]) => [status, { description }]));

/** What is not an operation, for the OpenAPI document: pictures, metrics, and whether the service is well. */
export const openPaths: ZodOpenApiPathsObject = {
  '/i/{address}': {
    get: {
      operationId: 'servePicture',
      tags: ['Open'],
      summary: 'Serve a picture; addresses come from links and generated pictures, never made by hand',
      security: [],
      requestParams: {
        path: z.object({
          address: z.string().meta({ description: 'The signed token, a dot, and `jpg`, `png` or `webp`.' }),
        }),
        query: z.object({
          c: z.string().optional().meta({ description: 'The reference of a contact, as the platform filled it in.' }),
          s: z.string().optional().meta({ description: 'A marker of the send; it never changes a picture.' }),
        }),
      },
      responses: {
        '200': {
          description: 'A picture, always, for a token that is ours.',
          headers: z.object({
            'X-Mergepix-Outcome': z.string().meta({ description: 'How it came about.', example: 'hit' }),
          }),
          content: { 'image/jpeg': picture, 'image/png': picture, 'image/webp': picture },
        },
        ...answers({ '304': 'The asker has this very picture.', '403': 'The token is not one of ours.' }),
      },
    },
  },
  '/v1/connections/callback': {
    get: {
      operationId: 'finishConnection',
      tags: ['Open'],
      summary: 'Where a platform sends the browser back to, once the owner of an account has decided',
      security: [],
      requestParams: {
        query: z.object({
          state: z
            .string()
            .meta({ description: 'Of `POST /v1/connections/authorize`, good for 15 minutes and one use.' }),
          code: z.string().optional().meta({ description: 'Of the platform; absent when it was not allowed.' }),
        }),
      },
      responses: answers({
        '200': 'A page: the account is connected.',
        '400': 'A page: the state is not ours, too old, or was used before.',
        '409': 'A page: the account is connected already.',
        '422': 'A page: the platform did not allow it.',
        '503': 'A page: the platform does not answer.',
      }),
    },
  },
  '/metrics': {
    get: {
      operationId: 'readMetrics',
      tags: ['Open'],
      summary: 'Figures of this process, as Prometheus reads them; for the metrics key or the admin key',
      responses: answers({ '200': 'Text.', '401': 'Neither of the two keys.' }),
    },
  },
  '/healthz': {
    get: {
      operationId: 'checkHealth',
      tags: ['Open'],
      summary: 'Is the process alive?',
      security: [],
      responses: answers({ '200': 'It is.' }),
    },
  },
  '/readyz': {
    get: {
      operationId: 'checkReadiness',
      tags: ['Open'],
      summary: 'May it be sent requests?',
      security: [],
      responses: answers({ '200': 'It may.', '503': 'Not now: it starts, stops, or its records do not answer.' }),
    },
  },
};
