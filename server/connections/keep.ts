import { setImmediate as turn } from 'node:timers/promises';
import { nanoid } from 'nanoid';
import { AppError } from '../../core/errors.ts';
import type { Account, Credentials } from '../../integrations/connector.ts';
import type { Actor } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import {
  addConnection,
  type ConnectionChange,
  type ConnectionRecord,
  cancelSyncs,
  changeConnection,
  findConnection,
  forgetContacts,
  listSharers,
  removeConnection,
} from '../stores/records/connections.ts';
import type { Records } from '../stores/records/index.ts';
import { cancelSends } from '../stores/records/sends.ts';
import { askPlatform } from './ask.ts';
import {
  type Connection,
  makeWebhookSecret,
  readConnection,
  sealCredentials,
  sealWebhookSecrets,
} from './connection.ts';
import { checkFitting } from './fitting.ts';
import { checkFields, type GivenSettings } from './order.ts';
import { type PlatformId, platforms } from './platforms.ts';

type Keeping = Pick<Services, 'records' | 'encryption' | 'connectors'>;

/** A connection to be made: without a name it is called as its account. */
export type ConnectionOrder = GivenSettings & {
  readonly platform: PlatformId;
  readonly credentials: Credentials;
};

/** What is changed about one. */
export type ConnectionEdit = GivenSettings & { readonly credentials?: Credentials | undefined };

/** A connection, and its account as the platform told it just now. */
export type Connected = { readonly record: ConnectionRecord; readonly account: Account };

const FORGOTTEN_AT_ONCE = 500;

/** In one line, as a name that somebody gives has to be. */
const nameOf = ({ id, name }: Account): string =>
  name
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 100)
    .toWellFormed() || id;

/** The connection of that id in a workspace. Throws `connection_not_found`. */
export async function heldConnection(
  { records }: Pick<Services, 'records'>,
  workspace: string,
  id: string,
): Promise<ConnectionRecord> {
  const record = await findConnection(records, workspace, id);
  if (!record) throw missing();
  return record;
}

const missing = () =>
  new AppError(
    'connection_not_found',
    'There is no connection with that id: look at GET /v1/connections, or mergepix connection list.',
  );

/**
 * Connects an account, once the platform has told whose the credentials are. Throws `request_invalid`,
 * `connection_refused` for what the platform refuses, and `connection_conflict` where another connection writes into the
 * same field of the same contacts.
 */
export async function connectAccount(
  services: Keeping,
  { workspace, id: actor }: Pick<Actor, 'workspace' | 'id'>,
  { platform, credentials, ...settings }: ConnectionOrder,
): Promise<Connected> {
  const { records, encryption } = services;
  const { dialect } = platforms[platform];
  const { referenceField = dialect.referenceField, audiences = [], mapping = {} } = settings;
  const { syncMinutes = null, warmSends = true } = settings;
  checkFields(platform, { mapping, referenceField });
  const now = Date.now();
  // On a command line what begins with a dash is an option.
  const of = { workspace, id: nanoid(16).replace(/^-/, '_') };
  const asked: ConnectionRecord = {
    ...of,
    ...{ name: settings.name ?? '', platform, account: '', reference_field: referenceField },
    credentials: sealCredentials(encryption, of, credentials),
    audiences: JSON.stringify(audiences),
    mapping: JSON.stringify(mapping),
    webhook_secret: sealWebhookSecrets(encryption, of, {
      secret: makeWebhookSecret(),
      signing: [],
    }),
    sync_minutes: syncMinutes,
    ...{ synced_from: null, full_from: null, error: null },
    next_sync_at: firstDue(platform, { audiences, syncMinutes }, now),
    ...{ warm_sends: Number(warmSends), look_at: null },
    ...{ created_by: actor, created_at: now },
  };
  const account = await askPlatform(services, asked, async (connector, signal) => {
    const account = await connector.check(signal);
    await checkFitting(connector, { platform, audiences, referenceField }, signal);
    return account;
  });
  const record = { ...asked, account: account.id, name: settings.name ?? nameOf(account) };
  await records.transaction().execute(async (db) => {
    await refuseShared(db, record);
    await addConnection(db, record);
  });
  await audit(records, { workspace, actor, action: 'connection.added', subject: of.id, now });
  return { record, account };
}

/**
 * Changes a connection. New credentials have to open the same account, and lift what the platform had against the old
 * ones; other fields or audiences ask for a full sync. Throws as `connectAccount` does.
 */
export async function editConnection(
  services: Keeping,
  { workspace, id: actor }: Pick<Actor, 'workspace' | 'id'>,
  id: string,
  edit: ConnectionEdit,
): Promise<ConnectionRecord> {
  const { records } = services;
  const before = await heldConnection(services, workspace, id);
  const { platform, syncMinutes, ...was } = readConnection(before);
  const now = Date.now();
  const after = {
    mapping: edit.mapping ?? was.mapping,
    referenceField: edit.referenceField ?? was.referenceField,
    audiences: edit.audiences ?? was.audiences,
    syncMinutes: edit.syncMinutes === undefined ? syncMinutes : edit.syncMinutes,
  };
  checkFields(platform, after);
  // Only what is other is written, so that two changes at once leave both.
  const other = otherThan(before, {
    mapping: JSON.stringify(after.mapping),
    reference_field: after.referenceField,
    audiences: JSON.stringify(after.audiences),
  });
  const isOther = Object.keys(other).length > 0;
  const change: ConnectionChange = {
    ...other,
    ...otherThan(before, {
      ...{ name: edit.name ?? was.name, sync_minutes: after.syncMinutes },
      warm_sends: Number(edit.warmSends ?? was.warmSends),
    }),
    ...(isOther && { synced_from: null, full_from: null }),
    ...(edit.warmSends === true && !was.warmSends && { look_at: null }),
    ...((isOther || after.syncMinutes !== syncMinutes) && { next_sync_at: firstDue(platform, after, now) }),
    ...(edit.credentials && { credentials: await renewed(services, before, edit.credentials), error: null }),
  };
  if (Object.keys(change).length === 0) return before;
  const asked = { ...before, ...change };
  if (other.audiences !== undefined || other.reference_field !== undefined)
    await askPlatform(services, asked, (connector, signal) => checkFitting(connector, { platform, ...after }, signal));
  await records.transaction().execute(async (db) => {
    await refuseShared(db, asked);
    if (!(await changeConnection(db, before, change))) throw missing();
    if (change.warm_sends === 0) await cancelSends(db, id, now);
  });
  await audit(records, { workspace, actor, action: 'connection.changed', subject: id, now });
  return asked;
}

/** Those columns of a change that are not as they were. */
const otherThan = (before: ConnectionRecord, change: ConnectionChange): ConnectionChange =>
  Object.fromEntries(
    Object.entries(change).filter(([column, value]) => before[column as keyof ConnectionRecord] !== value),
  );

/** Seals credentials that open the account of a connection, and no other. */
async function renewed(services: Keeping, before: ConnectionRecord, given: Credentials): Promise<string> {
  const credentials = sealCredentials(services.encryption, before, given);
  const account = await askPlatform(services, { ...before, credentials }, (connector, signal) =>
    connector.check(signal),
  );
  if (account.id === before.account) return credentials;
  const { title } = platforms[before.platform as PlatformId];
  throw new AppError(
    'connection_conflict',
    `This opens another account of ${title}: add a connection of its own for it.`,
  );
}

/**
 * Asks the platform whether a connection still works. What it has against the credentials is kept as the connection's
 * `error`, or lifted.
 */
export async function checkConnection(services: Keeping, record: ConnectionRecord): Promise<Account> {
  const keep = async (error: string | null) => {
    if (error !== record.error) await changeConnection(services.records, record, { error });
  };
  try {
    const account = await askPlatform(services, record, (connector, signal) => connector.check(signal));
    await keep(null);
    return account;
  } catch (error) {
    if (error instanceof AppError && error.code === 'connection_refused') await keep(error.message);
    throw error;
  }
}

/**
 * Takes a connection out: nothing is asked of its platform any more. Its contacts stay, and what was sent goes on showing
 * their pictures. Throws `connection_not_found`.
 */
export async function dropConnection(
  { records }: Pick<Services, 'records'>,
  { workspace, id: actor }: Pick<Actor, 'workspace' | 'id'>,
  id: string,
): Promise<void> {
  await heldConnection({ records }, workspace, id);
  const now = Date.now();
  await cancelSyncs(records, id, now);
  await cancelSends(records, id, now);
  // Recipients' requests get their turn in between.
  while ((await forgetContacts(records, id, FORGOTTEN_AT_ONCE)) === FORGOTTEN_AT_ONCE) await turn();
  const isGone = await records.transaction().execute((db) => removeConnection(db, { workspace, id }));
  if (!isGone) throw missing();
  await audit(records, { workspace, actor, action: 'connection.removed', subject: id, now });
}

/** A new sync is due at once, unless it is to be asked for or could not be done. */
const firstDue = (
  platform: PlatformId,
  { audiences, syncMinutes }: Pick<Connection, 'audiences' | 'syncMinutes'>,
  now: number,
): number | null =>
  syncMinutes === null || (platforms[platform].needsAudience && audiences.length === 0) ? null : now;

/** Two workspaces that write into one field would overwrite each other's references, without an end. */
async function refuseShared(db: Records, record: ConnectionRecord): Promise<void> {
  const own = new Set(readConnection(record).audiences);
  const meets = (other: ConnectionRecord): boolean => {
    const { audiences } = readConnection(other);
    return own.size === 0 || audiences.length === 0 || audiences.some((audience) => own.has(audience));
  };
  const sharers = (await listSharers(db, record)).filter(({ id }) => id !== record.id);
  if (sharers.some(({ workspace }) => workspace !== record.workspace))
    throw new AppError(
      'connection_conflict',
      `Another workspace of this installation writes into ${record.reference_field} of this account: choose another reference field.`,
    );
  const same = sharers.find(meets);
  if (same)
    throw new AppError(
      'connection_conflict',
      `The connection ${same.id} has these contacts already: change that one, or choose other audiences or another reference field.`,
    );
}
