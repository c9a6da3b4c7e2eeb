import { withHosts } from '../../core/template/assets.ts';
import type { Fields } from '../../core/template/fields/index.ts';
import { firstSettings } from './settings.ts';
import type { WorkspaceSettings } from './workspace.ts';

/** The fields of a template, their pictures allowed to come from the hosts of its workspace too. Never rejects. */
export async function openFields(settings: WorkspaceSettings, workspace: string, fields: Fields): Promise<Fields> {
  const { assetHosts } = await settings.get(workspace).catch(() => firstSettings);
  return withHosts(fields, assetHosts);
}
