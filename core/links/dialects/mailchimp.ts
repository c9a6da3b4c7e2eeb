import type { Dialect } from './dialect.ts';

/** Mailchimp's `*|TAG|*` merge tags. Defaults live in the audience's fields, so an attribute asks with IF and ELSE. */
export const mailchimp: Dialect = {
  id: 'mailchimp',
  title: 'Mailchimp',
  referenceField: 'MERGEPIX',
  fieldPattern: /^[A-Z][A-Z0-9_]{0,49}$/,
  fieldRule: 'Use a merge tag as the audience lists it: capital letters, digits and "_", without the *| |*.',
  usualTags: { first_name: 'FNAME', last_name: 'LNAME' },
  referenceTag: (field) => `*|${field}|*`,
  urlTag: (field) => `*|URL:${field}|*`,
  encodes: true,
  attributeTag: (field, fallback) => `*|IF:${field}|**|${field}|**|ELSE:|*${fallback}*|END:IF|*`,
  escapes: false,
  sendTag: '*|CAMPAIGN_UID|*',
  unreplaced: '<< Test First Name >>',
  limits: [
    'A text field is cut at 255 bytes; the contact reference takes 40.',
    'A merge tag may be limited to 10 characters, so the reference field is called MERGEPIX.',
    'The first-name field can be renamed in an audience: look its tag up before mapping it.',
    'A block that is pasted goes into an HTML or code block of the email.',
  ],
  cannot: ['A test email fills in no contact, so it shows the defaults.'],
};
