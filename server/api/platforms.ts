import { z } from 'zod';
import { dialects } from '../../core/links/dialects/index.ts';
import type { Services } from '../services.ts';
import { type Operation, operation } from './operation.ts';

const platform = z
  .object({
    id: z.string(),
    title: z.string(),
    referenceField: z
      .string()
      .meta({ description: 'The field that holds our contact reference, unless a connection names another.' }),
    encodes: z.boolean().meta({ description: 'Whether its tags can URL-encode a value.' }),
    usualTags: z
      .record(z.string(), z.string())
      .meta({ description: 'Its own fields for what nearly every template asks.' }),
    fieldRule: z.string(),
    limits: z.array(z.string()).readonly().meta({ description: 'What to know, one sentence each.' }),
    cannot: z.array(z.string()).readonly().meta({ description: 'What cannot be done on it, one sentence each.' }),
  })
  .meta({ id: 'Platform' });

/** The platforms links can be written for. */
export const platformOperations = (_services: Services): Operation[] => [
  operation({
    id: 'listPlatforms',
    scope: 'templates:read',
    method: 'get',
    path: '/v1/platforms',
    tag: 'Links',
    summary: 'List the platforms links can be written for, and what each cannot do',
    answer: z.object({ data: z.array(platform), next: z.null() }),
    refuses: [],
    run: async () => ({
      data: Object.values(dialects).map(
        ({ id, title, referenceField, encodes, usualTags, fieldRule, limits, cannot }) => ({
          ...{ id, title, referenceField, encodes, usualTags, fieldRule, limits, cannot },
        }),
      ),
      next: null,
    }),
  }),
];
