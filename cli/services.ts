import { type Actor, actorOf } from '../server/access/roles.ts';
import { readConfig } from '../server/config.ts';
import type { Services } from '../server/services.ts';

/**
 * Opens the service's parts for one command and closes them after it, beside a service that may be running on the same
 * data folder: one render process, and a cache of its own. Production needs the service's keys here, too: a link signed
 * with others would never open. The actor is who the audit log names.
 */
export async function withServices<Result>(
  use: (services: Services, actor: Actor) => Promise<Result>,
): Promise<Result> {
  const config = readConfig(process.env);
  // Loaded when it is needed: drawing into files should start without the service's libraries.
  const { DEFAULT_WORKSPACE } = await import('../server/stores/records/index.ts');
  const { openServices } = await import('../server/services.ts');
  const actor = actorOf('cli', DEFAULT_WORKSPACE, 'admin');
  const opened = await openServices({ ...config, renderProcesses: 1, cache: 'memory:', logLevel: 'silent' });
  try {
    return await use({ ...opened, publicUrl: config.publicUrl ?? `http://localhost:${config.port}` }, actor);
  } finally {
    await opened.close();
  }
}
