import { AppError } from '../../core/errors.ts';
import { mailchimp as dialect } from '../../core/links/dialects/mailchimp.ts';
import { type Call, createCall } from '../calls.ts';
import type { Account, Connector, ConnectorOptions } from '../connector.ts';
import { allLists, readAudiences } from './audiences.ts';
import { type Client, openClient } from './client.ts';
import { readContacts } from './contacts.ts';
import { explain } from './failure.ts';
import { findGone, findMember } from './find.ts';
import { listsOf, toContact } from './map.ts';
import { memberKey, readHandle } from './member.ts';
import { placeInCampaign } from './place.ts';
import { ensureField, readFields, WRITES_AT_ONCE, writeReferences } from './references.ts';
import { hasBegun, readEmails, readSends } from './sends.ts';
import { watchLists } from './watch.ts';

/** A data centre is part of the host everything is sent to. */
export const DATA_CENTRE = /^[a-z]{2,4}\d{1,3}$/;

/** What a key says of its data centre: all behind its last dash. */
export const dataCentreOf = (apiKey: string): string => apiKey.slice(apiKey.lastIndexOf('-') + 1);

/** Opens an account with a client of its own. */
export async function connect({ credentials, baseUrl, pace, referenceField }: ConnectorOptions): Promise<Connector> {
  const dataCentre = credentials.kind === 'key' ? dataCentreOf(credentials.apiKey) : (credentials.server ?? '');
  if (!DATA_CENTRE.test(dataCentre))
    throw new AppError(
      'connection_refused',
      'These credentials name no Mailchimp data centre: connect the account anew.',
    );
  const client = await openClient(`${baseUrl ?? `https://${dataCentre}.api.mailchimp.com`}/3.0`, credentials);
  const call = createCall('Mailchimp', pace, explain(credentials.kind));

  return {
    dialect,
    writesAtOnce: WRITES_AT_ONCE,
    check: (signal) => check(client, call, signal),
    audiences: (signal) => readAudiences(client, call, signal),
    async fields(audiences, signal) {
      const lists = audiences.length > 0 ? listsOf(audiences) : await allLists(client, call, signal);
      return readFields(client, call, referenceField, lists, signal);
    },
    contacts: (order) => readContacts(client, call, referenceField, order),
    async find(handle, tags, signal) {
      const { list } = readHandle(handle);
      const member = await findMember(client, call, handle, signal);
      return member && toContact(list, member, { tags, referenceField }, true);
    },
    // An address is all that a member is known by: there is nothing to ask.
    keysOf: async (email, audiences) => listsOf(audiences).map((list) => memberKey(list, email)),
    gone: (handles, signal) => findGone(client, call, handles, signal),
    ensureField: (audiences, signal) => ensureField(client, call, referenceField, audiences, signal),
    writeReferences: (entries, signal) => writeReferences(client, call, referenceField, entries, signal),
    // What is written stands at once.
    written: async () => [],
    watch: (url, audiences, signal) => watchLists(client, call, url, audiences, signal),
    sends: (window, signal) => readSends(client, call, window, signal),
    emails: (send, signal) => readEmails(client, call, send, signal),
    hasBegun: (send, signal) => hasBegun(client, call, send, signal),
    place: (target, block, dryRun, signal) => placeInCampaign(client, call, target, block, dryRun, signal),
  };
}

// Their names of what a user may do; those that are not here may do all that is needed.
const roles: Readonly<Record<string, string>> = {
  viewer: 'This Mailchimp user only sees reports: connect one with the role Manager or above.',
  author: 'This Mailchimp user may not read or change audiences: connect one with the role Manager or above.',
};

async function check(client: Client, call: Call, signal: AbortSignal): Promise<Account> {
  const { account_id, account_name, role = '' } = await call('read', signal, (each) => client.account(each));
  const missing = roles[role.toLowerCase()];
  return { id: account_id, name: account_name, missing: missing === undefined ? [] : [missing] };
}
