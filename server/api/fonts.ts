import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { FAMILIES } from '../../core/paint/text/families.ts';
import { fontFamily } from '../../core/template/parts.ts';
import { dropFamily, keepFont } from '../fonts/keep.ts';
import type { Services } from '../services.ts';
import { type FontRecord, listFonts } from '../stores/records/fonts.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, toMoment } from './parts.ts';

const MAX_BYTES = 10 * 1024 * 1024;

const font = z
  .object({
    weight: z.number().meta({ description: 'As CSS counts them, 400 is normal.' }),
    italic: z.boolean(),
    digest: z.string().meta({ description: 'sha256 of the file.' }),
    bytes: z.number(),
    embedding: z.enum(['installable', 'editable', 'preview', 'restricted']).meta({
      description:
        'What the file says it may be embedded for, as a PDF does; `restricted` needs leave from whoever made it.',
    }),
    createdAt: moment,
  })
  .meta({ id: 'Font' });

const family = z
  .object({
    family: z.string().meta({ description: 'What templates call it in `fontFamily`.', example: 'Acme Sans' }),
    bundled: z.boolean().meta({ description: 'Whether it comes with the product, and not from this workspace.' }),
    fonts: z.array(font).meta({ description: 'None are listed of bundled families.' }),
  })
  .meta({ id: 'FontFamily' });

const params = z.strictObject({ family: fontFamily.meta({ example: 'Acme Sans' }) });

const show = ({ weight, italic, digest, bytes, embedding, created_at }: FontRecord) => ({
  ...{ weight, italic: italic === 1, digest, bytes, embedding },
  createdAt: toMoment(created_at),
});

/** The fonts templates are set in. */
export const fontOperations = (services: Services): Operation[] => [
  operation({
    id: 'listFonts',
    scope: 'assets:read',
    method: 'get',
    path: '/v1/fonts',
    tag: 'Assets',
    summary: "List the families of fonts, the workspace's own first",
    query: z.strictObject({}),
    answer: pageOf(family),
    refuses: [],
    async run({ actor: { workspace } }) {
      const own = await listFonts(services.records, workspace);
      const families = [...new Set(own.map((font) => font.family))].map((family) => ({
        ...{ family, bundled: false },
        fonts: own.filter((font) => font.family === family).map(show),
      }));
      return { data: [...families, ...FAMILIES.map((family) => ({ family, bundled: true, fonts: [] }))], next: null };
    },
  }),
  operation({
    id: 'putFont',
    scope: 'assets:write',
    method: 'put',
    path: '/v1/fonts/{family}',
    tag: 'Assets',
    summary: 'Upload a TTF or OTF file to a family; its weight and slant are read from it',
    params,
    body: { maxBytes: MAX_BYTES, mediaTypes: ['font/ttf', 'font/otf'] },
    answer: font,
    refuses: ['body_too_large', 'font_invalid'],
    async run({ actor, params: { family }, body }) {
      if (!Buffer.isBuffer(body) || body.length === 0)
        throw new AppError('request_invalid', 'Send the bytes of the font as the body.');
      return show(await keepFont(services, actor, family, body));
    },
  }),
  operation({
    id: 'deleteFont',
    scope: 'assets:write',
    method: 'delete',
    path: '/v1/fonts/{family}',
    tag: 'Assets',
    summary: 'Remove a family; versions published with it keep it',
    params,
    refuses: ['font_not_found'],
    run: ({ actor, params: { family } }) => dropFamily(services, actor, family),
  }),
];
