import { klaviyo as dialect } from '../../core/links/dialects/klaviyo.ts';
import type { Platform } from '../connector.ts';
import { checkAccount } from './check.ts';
import { createClient, limits } from './client.ts';
import { createContacts } from './contacts.ts';
import { createEmails } from './emails.ts';
import { isBuiltIn } from './map.ts';
import { authorizeUrl, exchange } from './oauth.ts';
import { createPlacing } from './place.ts';
import { createReferences, WRITES_AT_ONCE } from './references.ts';
import { sends } from './sends.ts';
import { webhook } from './webhook.ts';

// Their keys are 37 characters now, and were shorter.
const KEY = /^pk_\w{10,120}$/;
// A plain name, so that its tag can be nothing but a property's.
const PROPERTY = /^[A-Za-z][\w -]{0,63}$/;

/** Klaviyo: contacts are its profiles, audiences its lists and segments. */
export const klaviyo: Platform = {
  title: 'Klaviyo',
  dialect,
  // What an event holds is no contact's.
  fieldPattern: new RegExp(`^(?!event\\.)${dialect.fieldPattern.source.slice(1)}`, dialect.fieldPattern.flags),
  limits,
  needsAudience: false,
  webhook,
  keyFault: (apiKey) =>
    KEY.test(apiKey)
      ? undefined
      : 'A private key of Klaviyo begins with pk_: copy it whole, or make one under Settings, API keys.',
  referenceFault: (field) =>
    PROPERTY.test(field) && !isBuiltIn(field.toLowerCase())
      ? undefined
      : 'References go into a custom property: letters, digits, "_", "-" and spaces, none of Klaviyo\'s own.',
  async connect(options) {
    const client = await createClient(options);
    const { sample, ...contacts } = createContacts(client, options.referenceField);
    return {
      dialect,
      writesAtOnce: WRITES_AT_ONCE,
      check: (signal) => checkAccount(client, signal),
      ...contacts,
      ...createReferences(client, options.referenceField, { sample }),
      sends: (window, signal) => sends(client, window, signal),
      ...createEmails(client),
      place: createPlacing(client),
    };
  },
  authorizeUrl,
  exchange,
};
