import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';

const picture = { schema: { type: 'string' as const, format: 'binary' } };
const answers = (texts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(texts).map(([status, description]) => [status, { description }]));

const webhookOf = z.object({ id: z.string().meta({ description: 'Of the connection.' }) });
const webhookSecret = z.object({
  secret: z.string().optional().meta({ description: 'Where the platform cannot send a header: Mailchimp.' }),
});
const webhookHeaders = z.object({
  'X-Mergepix-Secret': z.string().optional().meta({ description: 'Where it can: Klaviyo.' }),
  'X-Mailchimp-Signature': z.string().optional().meta({ description: 'Checked when the platform told us its secret.' }),
});
const klaviyoEvent = z.object({
  profile: z.string().meta({ description: 'Id of the profile.', example: '01GDDKASAP8TKDDA2GRZDSVP4H' }),
  pictures: z.array(z.string()).max(10).optional().meta({ description: 'Addresses of pictures it is about to see.' }),
});
const form = { type: 'object' as const, description: 'As Mailchimp sends it.' };

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
          address: z.string().meta({ description: 'The signed token, a dot, and `jpg`, `png`, `webp` or `pdf`.' }),
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
          content: { 'image/jpeg': picture, 'image/png': picture, 'image/webp': picture, 'application/pdf': picture },
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
        '404': 'A page: the connection that was to be renewed is not there any more.',
        '409': 'A page: the account is connected already, or another one than was to be renewed.',
        '422': 'A page: the platform did not allow it.',
        '503': 'A page: the platform does not answer.',
      }),
    },
  },
  '/v1/connections/{id}/webhook': {
    get: {
      operationId: 'checkWebhook',
      tags: ['Open'],
      summary: 'Is there anybody? Asked by Mailchimp before it keeps the address',
      security: [],
      requestParams: { path: webhookOf, query: webhookSecret },
      responses: answers({ '200': 'There is.', '403': 'The secret is not the one of the connection.' }),
    },
    post: {
      operationId: 'receiveWebhook',
      tags: ['Open'],
      summary: 'Tell of a contact that was changed; called by platforms, see `GET /v1/connections/{id}/webhook-setup`',
      security: [],
      requestParams: { path: webhookOf, query: webhookSecret, header: webhookHeaders },
      requestBody: {
        content: {
          'application/json': { schema: klaviyoEvent },
          'application/x-www-form-urlencoded': { schema: form },
        },
      },
      responses: answers({
        '200': 'It is taken, once, and what it asks for is done soon.',
        '400': 'The body is not what the platform would send.',
        '403': 'The secret or the signature is wrong.',
        '413': 'The body is larger than 256 KB.',
        '429': 'More than 6,000 calls within a minute.',
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
