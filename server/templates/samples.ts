import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type ErrorCode } from '../../core/errors.ts';
import { actorOf } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { DEFAULT_WORKSPACE } from '../stores/records/index.ts';
import { findNewest } from '../stores/records/templates.ts';
import { isPassing } from './freeze.ts';
import { importFolder } from './import-folder.ts';
import { putOnChannel } from './lifecycle.ts';

const actor = actorOf('samples', DEFAULT_WORKSPACE, 'admin');

// The second: another process that starts has just published it.
const expected: readonly ErrorCode[] = ['template_not_publishable', 'version_conflict'];

/**
 * Publishes the samples of a folder, each in a folder of its template's name with its pictures in `assets/`, in the
 * default workspace; those whose name is there already are left alone, but for one that could not be drawn at an earlier
 * start: it is tried again. Gives the names of all of them.
 */
export async function loadSamples(services: Services, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names: string[] = [];
  for (const entry of entries.filter((entry) => entry.isDirectory()).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!(await isFile(join(folder, entry.name, 'template.json')))) continue;
    names.push(entry.name);
    const newest = await findNewest(services.records, DEFAULT_WORKSPACE, entry.name);
    if (newest && !(newest.state === 'draft' && newest.created_by === actor.id)) continue;
    const draft = newest ?? (await importFolder(services, actor, join(folder, entry.name)));
    try {
      // They come with the product: nobody here has to approve them.
      await putOnChannel(services, actor, draft, { channel: 'production' });
    } catch (error) {
      // One that the brand of this workspace forbids stays a draft, and so does one that a busy machine has no time for now.
      if (isPassing(error)) services.log.warn('sample.unpublished', { template: entry.name }, error);
      else if (!(error instanceof AppError) || !expected.includes(error.code)) throw error;
    }
  }
  return names;
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
