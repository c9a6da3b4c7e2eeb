import { type Copies, createCopies } from '../stores/copies.ts';
import type { Records } from '../stores/records/index.ts';
import { findWorkspace, listWorkspaces, type WorkspaceRecord } from '../stores/records/workspaces.ts';
import { firstSettings, readSettings, type Settings } from './settings.ts';

/** What this process knows of a workspace. In a closed one no key works and no link shows anything. */
export type Workspace = { readonly id: string; readonly isClosed: boolean; readonly settings: Settings };

/** The settings of workspaces. */
export type WorkspaceSettings = {
  /** At most two seconds old, older while the records are down; the first settings when there is no such workspace. */
  get(id: string): Promise<Settings>;
};

const MAX_WORKSPACES = 10_000;
const PRELOADED = 1_000;

/** Keeps copies, the first thousand from the start: an outage of the records should not make settings unknown. */
export async function createWorkspaces(records: Records): Promise<Copies<Workspace>> {
  const copies = createCopies<Workspace>(MAX_WORKSPACES, async (id) => {
    const record = await findWorkspace(records, id);
    return record && readWorkspace(record);
  });
  for (const record of await listWorkspaces(records, { limit: PRELOADED }))
    copies.set(record.id, readWorkspace(record));
  return copies;
}

/** The settings alone. */
export const settingsOf = (workspaces: Copies<Workspace>): WorkspaceSettings => ({
  get: async (id) => (await workspaces.get(id))?.settings ?? firstSettings,
});

const readWorkspace = ({ id, closed_at, settings }: WorkspaceRecord): Workspace => ({
  id,
  isClosed: closed_at !== null,
  settings: readSettings(settings),
});
