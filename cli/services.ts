import { AppError } from '../core/errors.ts';
import { type Actor, actorOf } from '../server/access/roles.ts';
import { readConfig } from '../server/config.ts';
import type { Services } from '../server/services.ts';

/**
 * Opens the service's parts for one command and closes them after it, beside a service that may be running on the same
 * data folder: one render process, and a cache of its own unless what it makes is for the service. Production needs the
 * service's keys here, too: a link signed with others would never open. The actor is who the audit log names, in the
 * default workspace unless another one is given. Throws `not_found` when that one is not there or was closed.
 */
export async function withServices<Result>(
  use: (services: Services, actor: Actor) => Promise<Result>,
  workspace?: string,
  { sharesCache = false }: { readonly sharesCache?: boolean } = {},
): Promise<Result> {
  const config = readConfig(process.env);
  const own = sharesCache ? {} : { renderProcesses: 1, cache: 'memory:' };
  // Loaded when it is needed: drawing into files should start without the service's libraries.
  const { DEFAULT_WORKSPACE } = await import('../server/stores/records/index.ts');
  const { openServices } = await import('../server/services.ts');
  const actor = actorOf('cli', workspace ?? DEFAULT_WORKSPACE, 'admin');
  const opened = await openServices({ ...config, ...own, logLevel: 'silent' });
  try {
    if (workspace !== undefined) await wantOpen(opened, workspace);
    return await use({ ...opened, publicUrl: config.publicUrl ?? `http://localhost:${config.port}` }, actor);
  } finally {
    await opened.close();
  }
}

async function wantOpen({ records }: Pick<Services, 'records'>, id: string): Promise<void> {
  const { findWorkspace } = await import('../server/stores/records/workspaces.ts');
  const found = await findWorkspace(records, id);
  if (!found || found.closed_at !== null)
    throw new AppError('not_found', `There is no open workspace ${id}: GET /v1/workspaces lists those there are.`);
}
