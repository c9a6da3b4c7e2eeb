import { setImmediate as turn } from 'node:timers/promises';
import { signReference } from '../../core/links/reference.ts';
import type { Connector } from '../../integrations/connector.ts';
import type { Services } from '../services.ts';
import {
  listOfJob,
  listWanted,
  listWritingJobs,
  markReferences,
  type ReferenceRow,
} from '../stores/records/connection-contacts.ts';
import type { Records } from '../stores/records/index.ts';
import { patiently } from '../stores/records/patiently.ts';
import { type Connection, openHandle } from './connection.ts';
import { unreachable } from './reachable.ts';

/** What writing references works with. */
export type WritingReferences = Pick<Services, 'records' | 'encryption' | 'signingKeys' | 'publicUrl' | 'config'>;

/** What became of some references; `reasons` are the platform's, and hold nothing personal. */
export type WrittenReferences = {
  readonly written: number;
  readonly refused: number;
  readonly reasons: readonly string[];
};

/** Where it happens, and who is told of it, in the transaction that writes it down. */
export type ReferencesOrder = {
  readonly connection: Connection;
  readonly connector: Connector;
  readonly signal: AbortSignal;
  onWritten?(db: Records, became: WrittenReferences): Promise<void>;
};

/** Writes the references of a connection's contacts that are wanted into its platform. */
export type References = {
  /** Makes sure of the field they go into, once. Throws `connection_refused` where it cannot be had. */
  prepare(): Promise<void>;
  /** Writes as many as make whole calls, or `all` there are. Throws `connection_refused` or `platform_unavailable`. */
  write(extent: 'whole' | 'all'): Promise<void>;
  /** Looks after the platform's jobs and gives how many are still under way. */
  settle(): Promise<number>;
  /** Why nothing may be written, if so. */
  readonly fault: string | undefined;
};

// So many contacts' references are on their way at a time: one call where a call takes thousands, else some.
const UNDER_WAY = 2000;
const ROWS_AT_ONCE = 500;
const MAX_REASON = 200;

/** Makes one; several at once do no harm, they only do things twice. */
export function createReferences(
  { records, encryption, signingKeys, ...reach }: WritingReferences,
  { connection, connector, signal, onWritten }: ReferencesOrder,
): References {
  const { id, workspace } = connection;
  const size = connector.writesAtOnce;
  const callsAtOnce = Math.max(1, Math.floor(UNDER_WAY / size));
  const fault = unreachable(reach);
  let field: Promise<void> | undefined;

  const handleOf = ({ contact, handle }: ReferenceRow) => openHandle(encryption, { workspace, id: contact }, handle);

  async function send(rows: readonly ReferenceRow[]): Promise<void> {
    const byHandle = await index(rows);
    const entries = [...byHandle].map(([handle, contact]) => ({
      handle,
      reference: signReference(contact, signingKeys[0]),
    }));
    const { job, refused } = await connector.writeReferences(entries, signal);
    await keep(rows, byHandle, refused, 'wanted', job);
  }

  async function index(rows: readonly ReferenceRow[]): Promise<Map<string, string>> {
    const byHandle = new Map<string, string>();
    for (const [i, row] of rows.entries()) {
      if (i % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await turn();
      byHandle.set(handleOf(row), row.contact);
    }
    return byHandle;
  }

  /** Some at a time, so that recipients come between; what is not written down is done again. */
  async function keep(
    rows: readonly ReferenceRow[],
    byHandle: ReadonlyMap<string, string>,
    refused: readonly { readonly handle: string; readonly reason: string }[],
    from: 'wanted' | 'writing',
    job: string | null,
  ): Promise<void> {
    const reasonOf = new Map(refused.map(({ handle, reason }) => [byHandle.get(handle), reason]));
    const end = job === null ? ('written' as const) : ('writing' as const);
    for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) {
      const contacts = rows.slice(i, i + ROWS_AT_ONCE).map(({ contact }) => contact);
      const bad = contacts.filter((contact) => reasonOf.has(contact));
      const good = contacts.filter((contact) => !reasonOf.has(contact));
      const reasons = [...new Set(bad.map((contact) => impersonal(reasonOf.get(contact) ?? '')))];
      await patiently(() =>
        records.transaction().execute(async (db) => {
          const settled = await markReferences(db, id, good, from, { reference: end, job });
          const turnedDown = await markReferences(db, id, bad, from, { reference: 'refused', job: null });
          await onWritten?.(db, { written: end === 'written' ? settled : 0, refused: turnedDown, reasons });
        }),
      );
      await turn();
    }
  }

  async function prepare(): Promise<void> {
    field ??= connector.ensureField(connection.audiences, signal);
    await field;
  }

  return {
    fault,
    prepare,
    async write(extent) {
      if (fault !== undefined) return;
      for (;;) {
        const rows = await listWanted(records, id, size * callsAtOnce);
        const calls = chunks(rows, size).filter((call) => extent === 'all' || call.length === size);
        if (calls.length === 0) return;
        await prepare();
        await Promise.all(calls.map(send));
      }
    },
    async settle() {
      let pending = 0;
      for (const job of await listWritingJobs(records, id)) {
        const refused = await connector.written(job, signal);
        if (!refused) {
          pending++;
          continue;
        }
        const rows = await listOfJob(records, id, job);
        await keep(rows, await index(rows), refused, 'writing', null);
      }
      return pending;
    },
  };
}

/** Forgets the platform's jobs, which have not told what became of their references: the next sync writes them again. */
export async function takeBackReferences(
  { records }: Pick<Services, 'records'>,
  { id }: Pick<Connection, 'id'>,
): Promise<void> {
  for (const job of await listWritingJobs(records, id)) {
    const contacts = (await listOfJob(records, id, job)).map(({ contact }) => contact);
    for (const some of chunks(contacts, ROWS_AT_ONCE))
      await patiently(() => markReferences(records, id, some, 'writing', { reference: 'wanted', job: null }));
  }
}

/** A platform's reason may quote what it is about. */
const impersonal = (reason: string): string => reason.replaceAll(/\S*@\S*/g, '…').slice(0, MAX_REASON);

function chunks<Item>(items: readonly Item[], size: number): (readonly Item[])[] {
  const parts: (readonly Item[])[] = [];
  for (let i = 0; i < items.length; i += size) parts.push(items.slice(i, i + size));
  return parts;
}
