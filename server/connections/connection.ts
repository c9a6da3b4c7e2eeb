import { randomBytes } from 'node:crypto';
import type { Credentials } from '../../integrations/connector.ts';
import type { Encryption } from '../access/encryption.ts';
import type { ConnectionRecord } from '../stores/records/connections.ts';
import type { PlatformId } from './platforms.ts';

/** An account on a platform, opened, without what opens it. Times are in ms since 1970. */
export type Connection = {
  readonly id: string;
  readonly workspace: string;
  readonly name: string;
  readonly platform: PlatformId;
  /** The platform's own id of the account. */
  readonly account: string;
  readonly referenceField: string;
  /** The platform's ids of what is synced; everybody when empty. */
  readonly audiences: readonly string[];
  /** Our name of a field -> the platform's, empty for one that is left out on purpose: nothing else of a contact is kept. */
  readonly mapping: Readonly<Record<string, string>>;
  /** Minutes between two syncs; null: only when asked for. */
  readonly syncMinutes: number | null;
  /** Begin of the last completed sync, and of the last full one. */
  readonly syncedFrom: number | null;
  readonly fullFrom: number | null;
  readonly nextSyncAt: number | null;
  /** Whether its planned sends have their pictures made before they go out. */
  readonly warmSends: boolean;
  /** Why the platform refuses it, if so. */
  readonly error: string | null;
  readonly createdAt: number;
};

const SECRET_BYTES = 24;

const contextOf = (kind: 'connection' | 'connection-webhook' | 'connection-contact', workspace: string, id: string) =>
  `${kind}:${workspace}:${id}`;

/** Reads a connection's record; its JSON was checked when it was written. */
export const readConnection = (record: ConnectionRecord): Connection => ({
  id: record.id,
  workspace: record.workspace,
  name: record.name,
  platform: record.platform as PlatformId,
  account: record.account,
  referenceField: record.reference_field,
  audiences: JSON.parse(record.audiences) as string[],
  mapping: JSON.parse(record.mapping) as Record<string, string>,
  syncMinutes: record.sync_minutes,
  syncedFrom: record.synced_from,
  fullFrom: record.full_from,
  nextSyncAt: record.next_sync_at,
  warmSends: record.warm_sends === 1,
  error: record.error,
  createdAt: record.created_at,
});

/** The platform's name of a field; empty when it is left out on purpose, undefined as long as nobody has decided. */
export const tagOf = ({ mapping }: Pick<Connection, 'mapping'>, field: string): string | undefined =>
  Object.hasOwn(mapping, field) ? mapping[field] : undefined;

/** Our names of the fields that the platform gives. */
export const mappedNames = ({ mapping }: Pick<Connection, 'mapping'>): string[] =>
  Object.keys(mapping).filter((name) => mapping[name] !== '');

/** What contacts are asked for: the platform's names, each once. */
export const mappedTags = ({ mapping }: Pick<Connection, 'mapping'>): string[] => [
  ...new Set(Object.values(mapping).filter((tag) => tag !== '')),
];

type Of = { readonly workspace: string; readonly id: string };

/** Seals what opens an account for its record, and for no other. */
export const sealCredentials = (encryption: Encryption, { workspace, id }: Of, credentials: Credentials): string =>
  encryption.seal(JSON.stringify(credentials), contextOf('connection', workspace, id));

/** Opens it. Throws `config_invalid` when its key is not configured any more. */
export const openCredentials = (
  encryption: Encryption,
  { workspace, id, credentials }: Pick<ConnectionRecord, 'workspace' | 'id' | 'credentials'>,
): Credentials => JSON.parse(encryption.open(credentials, contextOf('connection', workspace, id))) as Credentials;

/**
 * What a webhook of a connection is called with: the secret that we made, and those the platform told us it signs with.
 * One of the latter for each list that it watches.
 */
export type WebhookSecrets = { readonly secret: string; readonly signing: readonly string[] };

/** The secret of a new webhook. */
export const makeWebhookSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/** Seals them. */
export const sealWebhookSecrets = (
  encryption: Encryption,
  { workspace, id }: Of,
  { secret, signing }: WebhookSecrets,
): string => encryption.seal(JSON.stringify({ secret, signing }), contextOf('connection-webhook', workspace, id));

/** Opens them. Throws `config_invalid` when their key is not configured any more. */
export const openWebhookSecrets = (
  encryption: Encryption,
  { workspace, id, webhook_secret }: Pick<ConnectionRecord, 'workspace' | 'id' | 'webhook_secret'>,
): WebhookSecrets =>
  JSON.parse(encryption.open(webhook_secret, contextOf('connection-webhook', workspace, id))) as WebhookSecrets;

/** Seals what the platform finds a contact by; `id` is the contact's. */
export const sealHandle = (encryption: Encryption, { workspace, id }: Of, handle: string): string =>
  encryption.seal(handle, contextOf('connection-contact', workspace, id));

/** Opens it. Throws `config_invalid` when its key is not configured any more. */
export const openHandle = (encryption: Encryption, { workspace, id }: Of, sealed: string): string =>
  encryption.open(sealed, contextOf('connection-contact', workspace, id));

/**
 * What is kept of the name a platform knows a contact by, and what may have been kept under older keys: the same for
 * every connection to an account, so that one that is made anew finds its contacts again.
 */
export const platformContactKeys = (
  encryption: Encryption,
  { workspace, platform, account }: Pick<Connection, 'workspace' | 'platform' | 'account'>,
  key: string,
): readonly string[] => encryption.fingerprints(`${account}\n${key}`, `platform contact:${workspace}:${platform}`);
