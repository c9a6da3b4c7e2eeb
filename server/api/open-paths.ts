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
