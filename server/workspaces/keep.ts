import { AppError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import { findWorkspace, replaceSettings, type WorkspaceRecord } from '../stores/records/workspaces.ts';
import type { SettingsChange } from './settings.ts';

/** Changes some settings of a workspace and leaves the others; every process knows within two seconds. */
export async function changeSettings(
  services: Pick<Services, 'records' | 'changes'>,
  id: string,
  { retention, ...change }: SettingsChange,
): Promise<WorkspaceRecord> {
  const { records, changes } = services;
  const record = await findWorkspace(records, id);
  if (!record) throw new AppError('not_found', 'There is no open workspace of that id.');
  const before = JSON.parse(record.settings) as SettingsChange;
  const settings = JSON.stringify({
    ...before,
    ...change,
    ...(retention && { retention: { ...before.retention, ...retention } }),
  });
  // Two changes at once: the later one is made again, on what the first one left.
  if (!(await replaceSettings(records, { id, before: record.settings, after: settings }))) {
    return changeSettings(services, id, { ...change, ...(retention && { retention }) });
  }
  await changes.tell('workspace', id);
  return { ...record, settings };
}
