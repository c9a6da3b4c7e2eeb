import { access } from 'node:fs/promises';
import { type Config, readConfig } from '../server/config.ts';
import { type Blobs, openBlobs } from '../server/stores/blobs/index.ts';
import type { Records } from '../server/stores/records/index.ts';
import { createS3 } from '../server/stores/s3.ts';

/** The records and blobs of the data folder, opened beside a service that may be running on it. */
export type DataFolder = {
  readonly workspace: string;
  readonly records: Records;
  readonly blobs: Blobs;
  close(): Promise<void>;
};

/** The settings, without the keys that only serving needs. */
export const readToolConfig = (): Config => readConfig({ ...process.env, NODE_ENV: undefined });

/**
 * Opens the data folder when there is one: looking a name up should not make it. Throws start_failed when its stores
 * cannot be opened.
 */
export async function findDataFolder(): Promise<DataFolder | undefined> {
  const config = readToolConfig();
  const isThere = await access(config.dataDir).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  // Loaded when it is needed: drawing from files should start without the database's libraries.
  const { DEFAULT_WORKSPACE, openRecords } = await import('../server/stores/records/index.ts');
  const s3 = createS3(config.s3);
  const blobs = await openBlobs(config.blobs, s3);
  const records = await openRecords(config.database, Date.now());
  const close = async () => {
    await records.destroy();
    await s3.close();
  };
  return { workspace: DEFAULT_WORKSPACE, records, blobs, close };
}
