import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { sealedTags } from '../image/plan.ts';
import { findOrDraw } from '../renders/draw.ts';
import type { Services } from '../services.ts';
import { type BatchRecord, type BatchRowRecord, listBatchRows } from '../stores/records/batches.ts';
import { openName } from './batch.ts';

const PAGE = 100;

/**
 * The pictures of a batch as a zip, written while it is read and kept nowhere: one that was taken back or erased is not
 * in it. A picture that is not in the cache any more is drawn again, when no recipient waits.
 */
export function zipBatch(services: Services, batch: BatchRecord): Readable {
  const zip = new ZipFile();
  const output = new Readable().wrap(zip.outputStream);
  fill(services, batch, zip, output).catch((error: unknown) => output.destroy(error as Error));
  return output;
}

async function fill(services: Services, batch: BatchRecord, zip: ZipFile, output: Readable): Promise<void> {
  const mtime = new Date(batch.created_at);
  for (let after = 0; ; ) {
    const rows = await listBatchRows(services.records, { batch: batch.id, state: 'complete', after, limit: PAGE });
    for (const row of rows) {
      if (output.destroyed) return;
      const bytes = await pictureOf(services, row);
      if (!bytes) continue;
      const { workspace, id } = batch;
      const name = openName(services.encryption, { workspace, batch: id, row: row.row }, row.name);
      const entry = Readable.from([bytes]);
      zip.addReadStream(entry, name, { compress: false, mtime, size: bytes.length });
      // The next one is fetched when this one has gone out: only one is held at a time.
      await finished(entry);
    }
    if (rows.length < PAGE) break;
    after = rows.at(-1)?.row ?? after;
  }
  zip.end();
}

async function pictureOf(services: Services, { sealed: id }: BatchRowRecord): Promise<Buffer | undefined> {
  const { sealed, library } = services;
  const record = id === null ? undefined : await sealed.get(id);
  if (id === null || !record || record.isRevoked) return undefined;
  if (record.expiresAt !== null && record.expiresAt <= Date.now()) return undefined;
  const { workspace, template, version, variant, values, format, scale } = record;
  const published = await library.get(workspace, template, { version, variant });
  if (!published) return undefined;
  return findOrDraw(services, { published, values, format, scale }, sealedTags(record, id));
}
