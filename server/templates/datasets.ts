import { type DataSet, standardSets } from '../../core/template/datasets.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Services } from '../services.ts';
import { listDataSets } from '../stores/records/datasets.ts';

/** A set and where it comes from: kept beside the template, in its document, or made from its fields. */
export type FoundSet = DataSet & { readonly origin: 'kept' | 'document' | 'standard' };

/** Every set a version of a template is looked at with; a kept one wins over one of the same name in the document. */
export async function findDataSets(
  { records }: Pick<Services, 'records'>,
  workspace: string,
  template: Template,
): Promise<FoundSet[]> {
  const kept = (await listDataSets(records, workspace, template.name)).map(
    ({ dataset, data }): FoundSet => ({ name: dataset, data: JSON.parse(data), origin: 'kept' }),
  );
  const names = new Set(kept.map(({ name }) => name));
  const written = Object.entries(template.datasets)
    .filter(([name]) => !names.has(name))
    .map(([name, data]): FoundSet => ({ name, data, origin: 'document' }));
  const own = [...written, ...kept];
  const made = standardSets(
    template,
    own.map(({ name }) => name),
  );
  return [...own, ...made.map((set): FoundSet => ({ ...set, origin: 'standard' }))];
}
