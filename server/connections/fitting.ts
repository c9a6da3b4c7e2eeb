import { AppError, type Fault } from '../../core/errors.ts';
import type { Connector } from '../../integrations/connector.ts';
import type { Connection } from './connection.ts';
import { unusable } from './order.ts';
import { platforms } from './platforms.ts';

// As long as ours are, whoever signed them: what another installation left there may be overwritten.
const REFERENCE = /^[\w-]{40}$/;

/**
 * Looks in the account whether a connection can be set so. Throws `request_invalid` for audiences that are not there, and
 * for a reference field that holds something else, which would be overwritten for everybody.
 */
export async function checkFitting(
  connector: Connector,
  { platform, audiences, referenceField }: Pick<Connection, 'platform' | 'audiences' | 'referenceField'>,
  signal: AbortSignal,
): Promise<void> {
  const faults = await missingAudiences(connector, audiences, signal);
  if (faults.length > 0) throw unusable(faults);
  if (platforms[platform].needsAudience && audiences.length === 0) return;
  if (await holdsOthers(connector, audiences, signal))
    throw unusable([
      { path: 'referenceField', message: `${referenceField} holds something else: choose another name` },
    ]);
}

async function missingAudiences(
  connector: Connector,
  audiences: readonly string[],
  signal: AbortSignal,
): Promise<Fault[]> {
  const missing = new Set(audiences);
  if (missing.size === 0) return [];
  for await (const { id } of connector.audiences(signal)) {
    missing.delete(id);
    if (missing.size === 0) return [];
  }
  return audiences.flatMap((id, i) =>
    missing.has(id) ? [{ path: `audiences.${i}`, message: 'is no list or segment of this account' }] : [],
  );
}

/** Among the first contacts: enough to see a field that is in use. */
async function holdsOthers(connector: Connector, audiences: readonly string[], signal: AbortSignal): Promise<boolean> {
  try {
    for await (const { contacts } of connector.contacts({ audiences, since: null, cursor: null, tags: [], signal }))
      return contacts.some(({ reference }) => reference !== null && reference !== '' && !REFERENCE.test(reference));
    return false;
  } catch (error) {
    // Who may not read contacts writes into none.
    if (error instanceof AppError && error.code === 'connection_refused') return false;
    throw error;
  }
}
