import { type Dialect, quoted } from './dialect.ts';

/** MailerLite's `{$name}` variables. */
export const mailerlite: Dialect = {
  id: 'mailerlite',
  title: 'MailerLite',
  referenceField: 'mergepix',
  fieldPattern: /^[a-z]\w{0,99}$/,
  fieldRule: 'Use the variable of a field without "{$" and "}": small letters, digits and "_", such as last_name.',
  usualTags: { first_name: 'name', last_name: 'last_name' },
  referenceTag: (field) => `{$${field}}`,
  urlTag: (field) => `{$${field}}`,
  encodes: false,
  attributeTag: (field, fallback) => `{$${field}|default(${quoted(fallback)})}`,
  escapes: false,
  unreplaced: '{$name}',
  limits: [
    'Create a subscriber field of the type text called mergepix.',
    'The field "name" holds the first name, in some accounts the whole one.',
    'Paste the block into a custom HTML block.',
  ],
  cannot: [],
};
