import type { Fault } from '../../core/errors.ts';
import { type Brand, brandSchema, checkBrand } from '../../core/template/brand.ts';
import { checkDictionary, type Dictionary, dictionarySchema } from '../../core/template/dictionary.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Records } from '../stores/records/index.ts';
import { findWorkspace } from '../stores/records/workspaces.ts';

/** What the templates of a workspace are held to. */
export type Rules = { readonly brand: Brand; readonly dictionary: Dictionary };

/** The brand kit and the field dictionary of a workspace; nothing is forbidden where there are none. */
export async function readRules(records: Records, workspace: string): Promise<Rules> {
  const record = await findWorkspace(records, workspace);
  return {
    brand: brandSchema.parse(JSON.parse(record?.brand ?? '{}')),
    dictionary: dictionarySchema.parse(JSON.parse(record?.dictionary ?? '{}')),
  };
}

/** Everything in a template that the rules of its workspace forbid. */
export async function checkRules(records: Records, workspace: string, template: Template): Promise<Fault[]> {
  const { brand, dictionary } = await readRules(records, workspace);
  return [...checkBrand(template, brand), ...checkDictionary(template, dictionary)];
}
