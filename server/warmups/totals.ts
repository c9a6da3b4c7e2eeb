import type { Records } from '../stores/records/index.ts';
import { listChunks, type WarmupRecord } from '../stores/records/warmups.ts';
import { addResult, emptyResult, readResult, type WarmupResult } from './result.ts';

/** What a warm-up has come to: as it was written down at its end, or as its chunks tell so far. */
export type WarmupTotals = WarmupResult & {
  /** Contacts whom the platform has no reference of; 0 until that is known. */
  defaults: number;
};

/** Sums up a warm-up. */
export async function totalsOf(records: Records, { id, report }: WarmupRecord): Promise<WarmupTotals> {
  if (report !== null) return { ...emptyResult(), defaults: 0, ...(JSON.parse(report) as Partial<WarmupTotals>) };
  const sum = emptyResult();
  for (const chunk of await listChunks(records, id)) addResult(sum, readResult(chunk));
  return { ...sum, defaults: 0 };
}
