import type { Records } from '../stores/records/index.ts';
import { listChunks, type WarmupRecord } from '../stores/records/warmups.ts';
import { addResult, emptyResult, readResult, type WarmupResult } from './result.ts';

/** What a warm-up has come to: as it was written down at its end, or as its chunks tell so far. */
export type WarmupTotals = WarmupResult & {
  /** Contacts whom the platform has no reference of; 0 until that is known. */
  defaults: number;
  /** Bytes that it wanted to be kept, where it was refused for them. */
  wanted: number;
  /** For how long nothing was left to be made, and it waited for the platform to take references. */
  waitedMs: number;
};

const nothing = { defaults: 0, wanted: 0, waitedMs: 0 };

/** Sums up a warm-up. */
export async function totalsOf(records: Records, { id, report }: WarmupRecord): Promise<WarmupTotals> {
  if (report !== null) return { ...emptyResult(), ...nothing, ...(JSON.parse(report) as Partial<WarmupTotals>) };
  const sum = emptyResult();
  for (const chunk of await listChunks(records, id)) addResult(sum, readResult(chunk));
  return { ...sum, ...nothing };
}
