import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { codePointsOf, sniffFont } from '../../core/node/sfnt.ts';
import { isSvg } from '../../core/paint/svg.ts';
import { writeCoverage } from '../../core/paint/text/coverage.ts';
import { referencedFace } from '../../core/paint/text/own-fonts.ts';
import { applyContract } from '../../core/template/contract.ts';
import { formatName, outputScale, outputs } from '../../core/template/output.ts';
import { SVG } from '../assets/sniff.ts';
import { isLate, within } from '../deadline.ts';
import { type LiveSources, makeAt } from '../image/live.ts';
import { redraw } from '../image/redraw.ts';
import type { Services } from '../services.ts';
import { sha256 } from '../stores/blobs/blobs.ts';
import { findVersion } from '../stores/records/templates.ts';
import { findDataSets } from '../templates/datasets.ts';
import { prepare } from '../templates/freeze.ts';
import { openFrozen, type Published } from '../templates/library.ts';
import { chooseScale } from '../templates/scale.ts';
import { tryDataSet } from '../templates/try-data-set.ts';
import { weigh } from '../templates/weigh.ts';
import { openFields } from '../workspaces/open-fields.ts';
import { type Operation, operation } from './operation.ts';
import { fault, pageOf, variant, warning } from './parts.ts';
import { missing, versionParams } from './versions.ts';

const DEADLINE_MS = 15_000;
const LOAD_MS = 4_000;
const KEPT_SECONDS = 300;
/** Sources none of which answers. */
const SILENT: LiveSources = { resolve: async () => ({ source: {}, isFresh: false }) };

const order = z
  .strictObject({
    data: z.record(z.string(), z.unknown()).default({}),
    variant: variant.optional(),
    format: formatName
      .optional()
      .meta({ description: "The template's own when absent, and for one that makes pages that of its pictures." }),
    scale: outputScale.optional().meta({ description: "Device pixels per CSS pixel, the template's own when absent." }),
    late: z
      .boolean()
      .default(false)
      .meta({ description: 'As it looks while no source answers: with their fallbacks.' }),
  })
  .meta({ id: 'PreviewOrder', examples: [{ data: { first_name: 'Amira' } }] });

/** Every asset was looked at when it came: this only tells apart what is taken. */
function mimeOf(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('\xff\xd8')) return 'image/jpeg';
  if (head.startsWith('\x89PNG')) return 'image/png';
  if (head.startsWith('GIF8')) return 'image/gif';
  const font = sniffFont(bytes);
  if (font) return font;
  if (isSvg(bytes)) return SVG;
  return head.startsWith('RIFF') ? 'image/webp' : 'image/avif';
}

const preview = z
  .object({
    picture: z.string().meta({ description: 'A data: URL.' }),
    bytes: z.number().meta({ description: 'The weight of the picture.' }),
    width: z.number().meta({ description: 'In CSS pixels.' }),
    height: z.number(),
    alt: z.string(),
    values: z.record(z.string(), z.unknown()).meta({ description: 'What was drawn: fields after their contract.' }),
    faults: z.array(fault).readonly().meta({ description: 'What generating a picture of this data would refuse.' }),
    warnings: z.array(warning).readonly(),
  })
  .meta({ id: 'Preview' });

const versionFont = z
  .object({
    family: z.string(),
    weight: z.number(),
    italic: z.boolean(),
    reference: z.string().meta({ description: 'What its file is asked for by.', example: 'font:Acme Sans/700i' }),
    digest: z.string().meta({ description: 'sha256 of its file.' }),
    coverage: z.string().meta({
      description:
        'Its code points: for each stretch of them the distance from the end of the one before, and `-` and its length less 1, in base 36.',
    }),
  })
  .meta({ id: 'VersionFont' });

function showFont(reference: string, bytes: Uint8Array): z.infer<typeof versionFont>[] {
  const face = referencedFace(reference);
  const file = Buffer.from(bytes);
  return face ? [{ ...face, reference, digest: sha256(file), coverage: writeCoverage(codePointsOf(file)) }] : [];
}

const side = z.number().int().min(1).max(12_000);
const shownPicture = z
  .object({ picture: z.string().meta({ description: 'A data: URL of WebP, at most 1,600 pixels a side.' }) })
  .meta({ id: 'ShownPicture' });

/** Versions looked at before anything is made with them; drafts too. Nothing of it is kept. */
export const previewOperations = (services: Services): Operation[] => {
  async function open(workspace: string, name: string, version: number, variant?: string): Promise<Published> {
    const record = await findVersion(services.records, workspace, name, version);
    if (!record) throw missing(name);
    return openFrozen(record, services.blobs, variant) ?? (await prepare(services, record)).open(variant);
  }

  return [
    operation({
      id: 'previewVersion',
      scope: 'templates:read',
      method: 'post',
      path: '/v1/templates/{name}/versions/{version}/preview',
      tag: 'Templates',
      summary: 'Draw a version with some data as it would be drawn, and keep nothing',
      params: versionParams,
      body: order,
      answer: preview,
      refuses: ['template_not_found', 'template_not_publishable', 'render_failed', 'render_timeout', 'overloaded'],
      async run({ actor: { workspace }, params: { name, version }, body: { data, variant, format, scale, late } }) {
        const published = await open(workspace, name, version, variant);
        const { template, compiled } = published;
        const fields = await openFields(services.settings, workspace, template.fields);
        const { values, faults, warnings } = applyContract(fields, data);
        const drawing = {
          ...{ published, values, scale: chooseScale(template, { scale }) },
          format: format ?? published.picture,
        };
        const wanted = { until: performance.now() + DEADLINE_MS, isProof: true };
        const drawn = await within(
          makeAt(late ? { ...services, sources: SILENT } : services, drawing, Date.now(), wanted),
          DEADLINE_MS,
        );
        if (isLate(drawn))
          throw new AppError('render_timeout', 'The picture was not drawn in time: try again in a moment.');
        const { bytes, warnings: found } = drawn.made;
        return {
          picture: `data:${outputs[drawing.format].mime};base64,${bytes.toString('base64')}`,
          bytes: bytes.length,
          ...template.size,
          alt: compiled.alt(values),
          values,
          faults,
          warnings: [...warnings, ...found, ...weigh(bytes, template, drawing.format)],
        };
      },
    }),
    operation({
      id: 'readThumbnail',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates/{name}/versions/{version}/thumbnail',
      tag: 'Templates',
      summary: 'A version with its own example data, as a picture to look at',
      params: versionParams,
      query: z.strictObject({ variant: variant.optional() }),
      answer: { mediaTypes: Object.values(outputs).map(({ mime }) => mime) },
      refuses: ['template_not_found', 'template_not_publishable', 'render_failed', 'render_timeout'],
      async run({ actor: { workspace }, params: { name, version }, query: { variant }, setHeader }) {
        const published = await open(workspace, name, version, variant);
        const { template } = published;
        const sets = await findDataSets(services, workspace, template);
        const shown = sets.find((set) => set.name === 'good') ?? sets[0];
        const drawn = await within(tryDataSet(services, published, shown ?? { name: 'good', data: {} }), DEADLINE_MS);
        if (isLate(drawn))
          throw new AppError('render_timeout', 'The picture was not drawn in time: try again in a moment.');
        setHeader('Cache-Control', `private, max-age=${KEPT_SECONDS}`);
        return { mime: outputs[published.picture].mime, bytes: drawn.bytes };
      },
    }),
    operation({
      id: 'readTemplateAsset',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates/{name}/versions/{version}/asset',
      tag: 'Templates',
      summary: 'One of the pictures or fonts a version is drawn with, as it was when that was published',
      params: versionParams,
      query: z.strictObject({ ref: z.string().max(200).meta({ example: 'asset:hero-sea' }) }),
      answer: {
        mediaTypes: ['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif', SVG, 'font/ttf', 'font/otf'],
      },
      refuses: ['template_not_found', 'template_not_publishable', 'asset_not_found'],
      async run({ actor: { workspace }, params: { name, version }, query: { ref }, setHeader }) {
        const { assets } = await (await open(workspace, name, version)).job.load();
        const bytes = Object.hasOwn(assets, ref) ? assets[ref] : undefined;
        if (!bytes)
          throw new AppError('asset_not_found', `Version ${version} of ${name} is not drawn with that asset.`);
        setHeader('Cache-Control', `private, max-age=${KEPT_SECONDS}`);
        return { mime: mimeOf(bytes), bytes: Buffer.from(bytes) };
      },
    }),
    operation({
      id: 'listVersionFonts',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates/{name}/versions/{version}/fonts',
      tag: 'Templates',
      summary: "List the fonts of the workspace's own that a version is drawn with",
      params: versionParams,
      query: z.strictObject({}),
      answer: pageOf(versionFont),
      refuses: ['template_not_found', 'template_not_publishable'],
      async run({ actor: { workspace }, params: { name, version } }) {
        const { assets } = await (await open(workspace, name, version)).job.load();
        return { data: Object.entries(assets).flatMap(([ref, bytes]) => showFont(ref, bytes)), next: null };
      },
    }),
    operation({
      id: 'showPicture',
      scope: 'templates:read',
      method: 'post',
      path: '/v1/templates/{name}/versions/{version}/picture',
      tag: 'Templates',
      summary: 'A picture that data names, fetched and decoded as when the version is drawn with it',
      params: versionParams,
      body: z
        .strictObject({
          ref: z.string().min(1).max(2000).meta({
            description: 'What a field holds: an address on a host the version or the workspace allows, or an asset.',
          }),
          part: z
            .strictObject({ width: side, height: side, focus: z.enum(['attention', 'entropy']) })
            .optional()
            .meta({ description: 'Only the part that a layer of that size in pixels and with that focus shows.' }),
        })
        .meta({ id: 'PictureQuestion', examples: [{ ref: 'https://cdn.example.com/amira.jpg' }] }),
      answer: shownPicture,
      refuses: [
        ...(['template_not_found', 'template_not_publishable', 'asset_not_found', 'asset_invalid'] as const),
        ...(['render_failed', 'render_crashed', 'render_timeout', 'overloaded'] as const),
      ],
      async run({ actor: { workspace }, params: { name, version }, body: { ref, part } }) {
        const { template, job } = await open(workspace, name, version);
        const { assets } = await job.load();
        const own = Object.hasOwn(assets, ref) ? Buffer.from(assets[ref] ?? []) : undefined;
        const found = own
          ? { bytes: own, digest: sha256(own) }
          : (await services.images.load(workspace, template, [ref], LOAD_MS))[ref];
        if (!found)
          throw new AppError(
            'asset_not_found',
            'That picture cannot be had, or its host is not one that the template or the workspace allows.',
          );
        const bytes = await redraw(services, found, part);
        return { picture: `data:${outputs.webp.mime};base64,${bytes.toString('base64')}` };
      },
    }),
  ];
};
