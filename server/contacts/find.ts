import { verifyReference } from '../../core/links/reference.ts';
import { askPlatform } from '../connections/ask.ts';
import { readConnection } from '../connections/connection.ts';
import { findByKey } from '../connections/follow.ts';
import { heldConnection } from '../connections/keep.ts';
import type { Services } from '../services.ts';
import { type ContactRecord, findContact, findContactByKey } from '../stores/records/contacts.ts';
import { contactKeys } from './contact.ts';

/**
 * What somebody is known by: our id or reference, the outside's own key, or in a connected account its id of them or their
 * email address.
 */
export type KnownBy = { readonly id: string } | { readonly reference: string } | { readonly key: string } | InAccount;
type InAccount = { readonly connection: string } & ({ readonly email: string } | { readonly platformId: string });

/**
 * The contacts that are known by this, none of them erased; more than one where an address is in several lists of an
 * account. The platform is asked for an address, which is kept nowhere here. Throws what `askPlatform` throws, and
 * `connection_not_found`.
 */
export async function findContacts(services: Services, workspace: string, by: KnownBy): Promise<ContactRecord[]> {
  const { records, encryption, signingKeys } = services;
  if ('key' in by) {
    const found = await findContactByKey(records, workspace, contactKeys(encryption, workspace, by.key));
    return found ? [found] : [];
  }
  const ids = 'connection' in by ? await idsOf(services, workspace, by) : [];
  if ('id' in by) ids.push(by.id);
  if ('reference' in by) ids.push(verifyReference(by.reference, signingKeys) ?? '');
  const found = await Promise.all(ids.map((id) => findContact(records, workspace, id)));
  return found.filter((record) => record !== undefined && record.erased_at === null) as ContactRecord[];
}

async function idsOf(services: Services, workspace: string, by: InAccount): Promise<string[]> {
  const record = await heldConnection(services, workspace, by.connection);
  const connection = readConnection(record);
  const keys =
    'platformId' in by
      ? [by.platformId]
      : await askPlatform(services, record, (connector, signal) =>
          connector.keysOf(by.email, connection.audiences, signal),
        );
  const ids = await Promise.all(keys.map((key) => findByKey(services, connection, key)));
  return ids.filter((found) => found !== undefined);
}
