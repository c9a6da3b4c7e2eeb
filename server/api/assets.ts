import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { NAME } from '../../core/template/parts.ts';
import { keepAsset } from '../assets/keep.ts';
import type { Services } from '../services.ts';
import { type Operation, operation } from './operation.ts';

const MAX_BYTES = 10 * 1024 * 1024;

const asset = z
  .object({
    name: z.string(),
    version: z.number(),
    reference: z.string().meta({ description: 'What a template calls it.', example: 'asset:hero-sea@1' }),
    digest: z.string().meta({ description: 'sha256 of its bytes.' }),
    mime: z.string(),
    bytes: z.number(),
  })
  .meta({ id: 'Asset' });

/** The pictures templates are made of. */
export const assetOperations = (services: Services): Operation[] => [
  operation({
    id: 'putAsset',
    scope: 'assets:write',
    method: 'put',
    path: '/v1/assets/{name}',
    tag: 'Assets',
    summary: 'Upload a picture; new bytes become a new version',
    params: z.strictObject({
      name: z
        .string()
        .regex(new RegExp(`^${NAME}$`), 'expected lower-case letters, digits and dashes, such as hero-sea'),
    }),
    body: {
      maxBytes: MAX_BYTES,
      mediaTypes: ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'],
    },
    answer: asset,
    refuses: ['body_too_large', 'asset_invalid'],
    async run({ actor, params: { name }, body }) {
      if (!Buffer.isBuffer(body) || body.length === 0)
        throw new AppError('request_invalid', 'Send the bytes of the picture as the body.');
      const { version, digest, mime, bytes } = await keepAsset(services, actor.workspace, name, body);
      return { name, version, reference: `asset:${name}@${version}`, digest, mime, bytes };
    },
  }),
];
