import { mailchimp as dialect } from '../../core/links/dialects/mailchimp.ts';
import type { Platform } from '../connector.ts';
import { connect, DATA_CENTRE, dataCentreOf } from './connect.ts';
import { ADDRESS_PARTS } from './map.ts';
import { authorizeUrl, exchange } from './oauth.ts';
import { webhook } from './webhook.ts';

// No rate is documented, but 10 calls of a user at a time: half of them are left to others.
const limits = {
  read: { perSecond: 10, perMinute: 600, atOnce: 3 },
  write: { perSecond: 5, perMinute: 300, atOnce: 2 },
} satisfies Platform['limits'];

const KEY = /^[\w-]{8,100}$/;
const REFERENCE_TAG = /^[A-Z][A-Z0-9_]{0,9}$/;
// Tags that mean something else in every audience.
const RESERVED = new Set([
  ...['EMAIL', 'EMAIL_TYPE', 'INTERESTS', 'UNSUB', 'FORWARD', 'REWARDS', 'ARCHIVE', 'USER_URL', 'DATE', 'TO'],
  ...['ADDRESS', 'PHONE', 'BIRTHDAY'],
]);

/** Mailchimp. */
export const mailchimp: Platform = {
  title: 'Mailchimp',
  dialect,
  // A merge tag shows an address as a whole.
  fieldPattern: new RegExp(
    `${dialect.fieldPattern.source.slice(0, -1)}(?:\\.(?:${Object.keys(ADDRESS_PARTS).join('|')}))?$`,
  ),
  limits,
  needsAudience: true,
  webhook,
  keyFault: (apiKey) =>
    KEY.test(apiKey) && DATA_CENTRE.test(dataCentreOf(apiKey))
      ? undefined
      : 'A Mailchimp key ends in a dash and a data centre, such as -us21: copy it whole.',
  referenceFault: (field) =>
    REFERENCE_TAG.test(field) && !RESERVED.has(field)
      ? undefined
      : 'References go into a merge field of their own: at most 10 capital letters, digits and "_".',
  connect,
  authorizeUrl,
  exchange,
};
