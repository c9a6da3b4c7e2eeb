import { z } from 'zod';
import { generatePicture } from '../image/generate.ts';
import type { Services } from '../services.ts';
import { type Operation, operation } from './operation.ts';
import {
  dpi,
  format,
  isOneOfBoth,
  ONE_OF_BOTH,
  scale,
  subject,
  templateName,
  variant,
  versionNumber,
  warning,
} from './parts.ts';

const order = z
  .strictObject({
    template: templateName,
    version: versionNumber.optional(),
    variant: variant.optional(),
    data: z.record(z.string(), z.unknown()).meta({ description: 'A value for each field of the template.' }),
    format: format.optional(),
    scale: scale.optional(),
    dpi: dpi.optional(),
    subject: subject.optional(),
  })
  .refine(isOneOfBoth, ONE_OF_BOTH)
  .meta({
    id: 'PictureOrder',
    examples: [{ template: 'summer-rewards-hero', data: { first_name: 'Amira', tier: 'gold', points: 2450 } }],
  });

const generated = z
  .object({
    id: z.string().meta({ description: 'For taking it back: DELETE /v1/pictures/{id}.' }),
    url: z.string().meta({ description: 'Where the picture is served from, for as long as you like.' }),
    shareUrl: z.string().meta({ description: 'A page with the picture, for passing on.' }),
    html: z.string().meta({ description: 'The `<img>` of it; for a PDF an `<a>` that leads to it.' }),
    alt: z.string(),
    width: z.number().meta({ description: 'In CSS pixels.' }),
    height: z.number(),
    bytes: z.number(),
    outcome: z.string(),
    warnings: z.array(warning).readonly(),
  })
  .meta({ id: 'GeneratedPicture' });

/** Making one picture now. */
export const generateOperations = (services: Services): Operation[] => [
  operation({
    id: 'generatePicture',
    scope: 'pictures:write',
    method: 'post',
    path: '/v1/generate',
    tag: 'Pictures',
    summary: 'Make one picture from data and get its address',
    body: order,
    answer: generated,
    refuses: ['template_not_found', 'data_invalid', 'render_failed', 'render_timeout', 'overloaded'],
    run: ({ actor, body }) => generatePicture(services, actor.workspace, body),
  }),
];
