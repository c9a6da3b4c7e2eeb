import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { listDataSets, putDataSet, removeDataSet } from '../stores/records/datasets.ts';
import { findNewest } from '../stores/records/templates.ts';
import { findDataSets } from '../templates/datasets.ts';
import { type Operation, operation } from './operation.ts';
import { templateName } from './parts.ts';
import { missing } from './versions.ts';

const MAX_SETS = 50;

/** The name of a set of data in a path. */
export const setName = z
  .string()
  .min(1)
  .max(60)
  .meta({ description: 'The name of a set of data.', example: 'longest' });
const data = z.record(z.string(), z.unknown()).meta({ description: 'By field; no real person’s data.' });
const dataSet = z
  .object({
    name: z.string(),
    data,
    origin: z.enum(['kept', 'document', 'standard']).meta({
      description: 'Kept beside the template, in its document, or made from its fields.',
    }),
  })
  .meta({ id: 'DataSet' });

const params = z.strictObject({ name: templateName, set: setName });

/** The sets of data a template is looked at with. */
export const dataSetOperations = (services: Services): Operation[] => {
  const { records } = services;
  const newest = async (workspace: string, template: string): Promise<Template> => {
    const record = await findNewest(records, workspace, template);
    if (!record) throw missing(template);
    return parseTemplate(JSON.parse(record.document));
  };
  const noSet = (set: string) =>
    new AppError('dataset_not_found', `There is no set of data ${set}: look at the sets of the template.`);

  return [
    operation({
      id: 'listDataSets',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates/{name}/datasets',
      tag: 'Templates',
      summary: 'List the sets of data a template is looked at with',
      params: params.pick({ name: true }),
      answer: z.object({ data: z.array(dataSet), next: z.null() }),
      refuses: ['template_not_found'],
      async run({ actor: { workspace }, params: { name } }) {
        return { data: await findDataSets(services, workspace, await newest(workspace, name)), next: null };
      },
    }),
    operation({
      id: 'readDataSet',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates/{name}/datasets/{set}',
      tag: 'Templates',
      summary: 'Read a set of data',
      params,
      answer: dataSet,
      refuses: ['template_not_found', 'dataset_not_found'],
      async run({ actor: { workspace }, params: { name, set } }) {
        const sets = await findDataSets(services, workspace, await newest(workspace, name));
        const found = sets.find((each) => each.name === set);
        if (!found) throw noSet(set);
        return found;
      },
    }),
    operation({
      id: 'putDataSet',
      scope: 'templates:write',
      method: 'put',
      path: '/v1/templates/{name}/datasets/{set}',
      tag: 'Templates',
      summary: 'Keep a set of data beside a template, in the place of any other of that name',
      params,
      body: z.strictObject({ data }).meta({ id: 'DataSetOrder', examples: [{ data: { first_name: 'Amira' } }] }),
      answer: dataSet,
      refuses: ['template_not_found', 'data_invalid'],
      async run({ actor: { workspace, id: by }, params: { name, set }, body: { data } }) {
        const { fields } = await newest(workspace, name);
        const faults = Object.keys(data)
          .filter((field) => !Object.hasOwn(fields, field))
          .map((field) => ({ path: `data.${field.slice(0, 60)}`, message: 'is not a field of this template' }));
        const kept = await listDataSets(records, workspace, name);
        if (kept.length >= MAX_SETS && !kept.some(({ dataset }) => dataset === set))
          faults.push({ path: '', message: `a template has at most ${MAX_SETS} sets: remove one first` });
        if (faults.length > 0)
          throw new AppError('data_invalid', 'The set of data does not fit the template.', { faults });
        const now = Date.now();
        const record = { workspace, name, dataset: set, data: JSON.stringify(data), changed_by: by, changed_at: now };
        await putDataSet(records, record);
        await audit(records, { workspace, actor: by, action: 'dataset.changed', subject: `${name}/${set}`, now });
        return { name: set, data, origin: 'kept' as const };
      },
    }),
    operation({
      id: 'removeDataSet',
      scope: 'templates:write',
      method: 'delete',
      path: '/v1/templates/{name}/datasets/{set}',
      tag: 'Templates',
      summary: 'Remove a set of data that is kept; one of the document or a standard one stands again',
      params,
      refuses: ['dataset_not_found'],
      async run({ actor: { workspace, id: actor }, params: { name, set } }) {
        if (!(await removeDataSet(records, workspace, name, set))) throw noSet(set);
        const now = Date.now();
        await audit(records, { workspace, actor, action: 'dataset.removed', subject: `${name}/${set}`, now });
      },
    }),
  ];
};
