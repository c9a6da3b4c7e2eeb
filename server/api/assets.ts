import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { NAME } from '../../core/template/parts.ts';
import { importAsset } from '../assets/import.ts';
import { keepAsset } from '../assets/keep.ts';
import { SVG } from '../assets/sniff.ts';
import type { Services } from '../services.ts';
import { type AssetRecord, findAsset, listAssets, listAssetVersions } from '../stores/records/assets.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, paging, textNumber, toMoment } from './parts.ts';

const MAX_BYTES = 10 * 1024 * 1024;
const mediaTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif', SVG];

const asset = z
  .object({
    name: z.string(),
    version: z.number(),
    reference: z.string().meta({ description: 'What a template calls it.', example: 'asset:hero-sea@1' }),
    digest: z.string().meta({ description: 'sha256 of its bytes; `asset:<digest>` names them too.' }),
    mime: z.string(),
    bytes: z.number(),
    width: z.number().nullable().meta({ description: 'In pixels, as shown; of an SVG in its own units.' }),
    height: z.number().nullable(),
    createdAt: moment,
  })
  .meta({ id: 'Asset' });

const show = ({ name, version, digest, mime, bytes, width, height, created_at }: AssetRecord) => ({
  name,
  version,
  reference: `asset:${name}@${version}`,
  digest,
  mime,
  bytes,
  width,
  height,
  createdAt: toMoment(created_at),
});

const params = z.strictObject({
  name: z
    .string()
    .regex(new RegExp(`^${NAME}$`), 'expected lower-case letters, digits and dashes, such as hero-sea')
    .meta({ example: 'hero-sea' }),
});

const missing = (name: string) =>
  new AppError('asset_not_found', `There is no such asset ${name}: look at GET /v1/assets.`);

/** The pictures templates are made of. */
export const assetOperations = (services: Services): Operation[] => [
  operation({
    id: 'listAssets',
    scope: 'assets:read',
    method: 'get',
    path: '/v1/assets',
    tag: 'Assets',
    summary: 'List the assets, each with its newest version',
    query: z.strictObject(paging),
    answer: pageOf(asset),
    refuses: [],
    async run({ actor: { workspace }, query: { after, limit } }) {
      const found = await listAssets(services.records, { workspace, after, limit: limit + 1 });
      const shown = found.slice(0, limit);
      return { data: shown.map(show), next: found.length > limit ? (shown.at(-1)?.name ?? null) : null };
    },
  }),
  operation({
    id: 'putAsset',
    scope: 'assets:write',
    method: 'put',
    path: '/v1/assets/{name}',
    tag: 'Assets',
    summary: 'Upload a picture; new bytes become a new version, and of an SVG its shapes are kept alone',
    params,
    body: { maxBytes: MAX_BYTES, mediaTypes },
    answer: asset,
    refuses: ['body_too_large', 'asset_invalid'],
    async run({ actor, params: { name }, body }) {
      if (!Buffer.isBuffer(body) || body.length === 0)
        throw new AppError('request_invalid', 'Send the bytes of the picture as the body.');
      return show(await keepAsset(services, actor, name, body));
    },
  }),
  operation({
    id: 'importAsset',
    scope: 'assets:write',
    method: 'post',
    path: '/v1/assets/{name}/import',
    tag: 'Assets',
    summary: 'Keep the picture at an address; new bytes become a new version',
    params,
    body: z.strictObject({
      url: z.string().max(2000).meta({
        description: 'Of any public host, or `s3://bucket/key` in a bucket the workspace allows.',
        example: 'https://cdn.example.com/hero.jpg',
      }),
    }),
    answer: asset,
    refuses: ['address_refused', 'fetch_failed', 'asset_not_found', 'asset_invalid', 'blobs_unavailable'],
    run: async ({ actor, params: { name }, body: { url } }) => show(await importAsset(services, actor, name, url)),
  }),
  operation({
    id: 'listAssetVersions',
    scope: 'assets:read',
    method: 'get',
    path: '/v1/assets/{name}',
    tag: 'Assets',
    summary: 'List the versions of an asset, the newest first',
    params,
    query: z.strictObject({ ...paging, after: textNumber(1, 999_999_999).optional() }),
    answer: pageOf(asset),
    refuses: ['asset_not_found'],
    async run({ actor: { workspace }, params: { name }, query: { after, limit } }) {
      const page = { workspace, name, before: after, limit: limit + 1 };
      const found = await listAssetVersions(services.records, page);
      if (found.length === 0 && after === undefined) throw missing(name);
      const shown = found.slice(0, limit);
      return { data: shown.map(show), next: found.length > limit ? String(shown.at(-1)?.version) : null };
    },
  }),
  operation({
    id: 'readAssetContent',
    scope: 'assets:read',
    method: 'get',
    path: '/v1/assets/{name}/versions/{version}/content',
    tag: 'Assets',
    summary: 'Download one version of an asset',
    params: params.extend({ version: textNumber(1, 999_999_999) }),
    answer: { mediaTypes },
    refuses: ['asset_not_found', 'blobs_unavailable'],
    async run({ actor: { workspace }, params: { name, version } }) {
      const found = await findAsset(services.records, workspace, name, version);
      const bytes = found && (await services.blobs.get(found.digest));
      if (!bytes) throw missing(name);
      return { mime: found.mime, bytes };
    },
  }),
];
