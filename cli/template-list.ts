import { findNewest, listTemplateNames } from '../server/stores/records/templates.ts';
import { findDataFolder } from './data-folder.ts';
import { listSamples } from './template-argument.ts';

/** A template that commands can be given by name: the newest version in the data folder, or a bundled sample. */
export type Listed = { readonly name: string; readonly version: number | null; readonly state: string };

const PAGE = 500;

/** Every template by name, in alphabetical order; a sample that is in the data folder too is listed once. */
export async function listTemplates(): Promise<Listed[]> {
  const kept = await listKept();
  const names = new Set(kept.map(({ name }) => name));
  const samples = (await listSamples()).filter((name) => !names.has(name));
  const listed = [...kept, ...samples.map((name) => ({ name, version: null, state: 'sample' }))];
  return listed.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Prints a list for reading, or as JSON. */
export function printTemplates(templates: readonly Listed[], asJson: boolean): void {
  if (asJson) {
    console.log(JSON.stringify(templates, null, 2));
    return;
  }
  const width = Math.max(0, ...templates.map(({ name }) => name.length));
  for (const { name, version, state } of templates)
    console.log(`${name.padEnd(width)}  ${version === null ? state : `${state}, version ${version}`}`);
}

async function listKept(): Promise<Listed[]> {
  const folder = await findDataFolder();
  if (!folder) return [];
  const { workspace, records } = folder;
  const listed: Listed[] = [];
  let page: string[] = [];
  do {
    page = await listTemplateNames(records, { workspace, after: page.at(-1), limit: PAGE });
    for (const name of page) {
      const newest = await findNewest(records, workspace, name);
      if (newest) listed.push({ name, version: newest.version, state: newest.state });
    }
  } while (page.length === PAGE);
  await folder.close();
  return listed;
}
