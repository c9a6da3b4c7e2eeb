import { z } from 'zod';
import { brandSchema } from '../../core/template/brand.ts';
import { dictionarySchema } from '../../core/template/dictionary.ts';
import type { Actor } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { replaceRules } from '../stores/records/workspaces.ts';
import { readRules } from '../workspaces/rules.ts';
import { type Operation, operation } from './operation.ts';

const brand = brandSchema.meta({
  id: 'Brand',
  examples: [{ fonts: ['Inter'], colors: ['#ffffff', '#1f2937'], fontSizes: { min: 12, max: 48 } }],
});
const dictionary = dictionarySchema.meta({
  id: 'FieldDictionary',
  examples: [{ fields: { first_name: { type: 'text', label: 'First name', fallback: 'there', maxLength: 40 } } }],
});

/** What all templates of a workspace are held to: the brand kit and the field dictionary. */
export const brandOperations = ({ records }: Services): Operation[] => {
  const replace = async ({ workspace, id }: Actor, rule: 'brand' | 'dictionary', given: object): Promise<void> => {
    await replaceRules(records, workspace, { [rule]: JSON.stringify(given) });
    const action = rule === 'brand' ? 'brand.changed' : 'dictionary.changed';
    await audit(records, { workspace, actor: id, action, subject: workspace, now: Date.now() });
  };

  return [
    operation({
      id: 'readBrand',
      scope: 'workspace:read',
      method: 'get',
      path: '/v1/workspace/brand',
      tag: 'Workspaces',
      summary: 'Read the brand kit',
      answer: brand,
      refuses: [],
      run: async ({ actor }) => (await readRules(records, actor.workspace)).brand,
    }),
    operation({
      id: 'putBrand',
      scope: 'workspace:write',
      method: 'put',
      path: '/v1/workspace/brand',
      tag: 'Workspaces',
      summary: 'Replace the brand kit; templates are held to it from the next time one is handed in or published',
      body: brand,
      answer: brand,
      refuses: [],
      async run({ actor, body }) {
        await replace(actor, 'brand', body);
        return body;
      },
    }),
    operation({
      id: 'readDictionary',
      scope: 'workspace:read',
      method: 'get',
      path: '/v1/workspace/dictionary',
      tag: 'Workspaces',
      summary: 'Read the field dictionary',
      answer: z
        .object({ fields: z.record(z.string(), z.record(z.string(), z.unknown())) })
        .meta({ id: 'ReadDictionary' }),
      refuses: [],
      run: async ({ actor }) => (await readRules(records, actor.workspace)).dictionary,
    }),
    operation({
      id: 'putDictionary',
      scope: 'workspace:write',
      method: 'put',
      path: '/v1/workspace/dictionary',
      tag: 'Workspaces',
      summary: 'Replace the field dictionary: fields of these names have these types and no looser limits',
      body: dictionary,
      refuses: [],
      run: ({ actor, body }) => replace(actor, 'dictionary', body),
    }),
  ];
};
