import type { Connector } from '../../integrations/connector.ts';
import type { Connection } from '../connections/connection.ts';
import type { References } from '../connections/references.ts';
import type { Services } from '../services.ts';
import type { SyncRecord } from '../stores/records/syncs.ts';

/** A sync under way, for one turn of its job. */
export type SyncRun = {
  readonly services: Services;
  readonly sync: SyncRecord;
  readonly connection: Connection;
  readonly connector: Connector;
  readonly references: References;
  /** Sentences about the sync as a whole. */
  readonly notes: Notes;
  readonly signal: AbortSignal;
  /** Begin of the turn, in ms since 1970: nothing that it reads was asked for before. */
  readonly begunAt: number;
  /** When to let others have their turn, in ms since 1970. */
  readonly until: number;
  /** How many references wait to be written. */
  wanted: number;
};

/** Each once; `text` is the JSON that is kept. */
export type Notes = { add(sentence: string): void; text(): string };

/** How a phase ended: the next one may begin, others have their turn, somebody cancelled the sync. */
export type PhaseEnd = 'done' | 'again' | 'cancelled';
