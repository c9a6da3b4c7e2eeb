import type { Bundle, ZObject } from 'zapier-platform-core';
import { ask, type Page } from './ask.ts';
import hydrators from './hydrators.ts';

/** A batch, as the event and the API tell it; `done` counts those that failed, too. */
export type Batch = {
  readonly id: string;
  readonly template: string;
  readonly version: number;
  readonly format: string;
  readonly state: string;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
};

/** A row of one, as the API tells it. */
type Row = {
  readonly row: number;
  readonly state: string;
  readonly url: string | null;
  readonly shareUrl: string | null;
  readonly error: string | null;
};

/** States of a batch that is over. */
export const isOver = ({ state }: { readonly state: string }): boolean => state !== 'queued' && state !== 'running';

/** A batch as steps of a Zap see it. */
export const showBatch = ({ id, template, version, format, state, total, done, failed }: Batch) => ({
  ...{ id, template, version, format, state, total, made: done - failed, failed },
});

/** What of it has labels, in their order. */
export const batchFields = [
  { key: 'id', label: 'Batch ID' },
  { key: 'template', label: 'Template' },
  { key: 'version', label: 'Version', type: 'integer' },
  { key: 'format', label: 'Format' },
  { key: 'state', label: 'State' },
  { key: 'total', label: 'Rows', type: 'integer' },
  { key: 'made', label: 'Pictures Made', type: 'integer' },
  { key: 'failed', label: 'Rows That Failed', type: 'integer' },
] as const;

/** One that went well but for a row. */
export const batchSample = {
  id: '0mf3k1zz7Hs0PqLw2Ub9C',
  template: 'event-badge',
  version: 3,
  format: 'png',
  state: 'complete',
  total: 1200,
  made: 1199,
  failed: 1,
};

const ROWS_A_PAGE = 1000;

/** A batch that is over, with a line item for every row, and the file with all its pictures. */
export async function readBatch(z: ZObject, bundle: Bundle, batch: Batch) {
  const images: Row[] = [];
  for (let after: string | null = null; ; ) {
    const url = `/v1/batches/${encodeURIComponent(batch.id)}/rows`;
    const params: Record<string, string | number> = { limit: ROWS_A_PAGE, ...(after !== null && { after }) };
    const { data, next }: Page<Row> = await ask<Page<Row>>(z, bundle, { url, params });
    images.push(...data);
    if (next === null) break;
    after = next;
  }
  const name = `${batch.template}-${batch.id}.zip`;
  return {
    ...showBatch(batch),
    images: images.map(({ row, state, url, shareUrl, error }) => ({
      ...{ row, state, url: url ?? '', share_url: shareUrl ?? '', error: error ?? '' },
    })),
    file: z.dehydrateFile(hydrators.batch, { id: batch.id, name }),
  };
}
