import type { Dialect } from './dialect.ts';

/** Instantly's `{{firstName}}` variables, with a default behind a bar. */
export const instantly: Dialect = {
  id: 'instantly',
  title: 'Instantly',
  referenceField: 'mergepix',
  fieldPattern: /^[A-Za-z_]\w{0,99}$/,
  fieldRule: 'Use a variable\'s name without its braces: letters, digits and "_".',
  usualTags: { first_name: 'firstName', last_name: 'lastName' },
  referenceTag: (field) => `{{${field}}}`,
  urlTag: (field) => `{{${field}}}`,
  encodes: false,
  attributeTag: (field, fallback) => (fallback === '' ? `{{${field}}}` : `{{${field} | ${fallback}}}`),
  escapes: false,
  unreplaced: '{{firstName}}',
  limits: [
    'Upload the references as a column of the lead list called mergepix.',
    'Paste the block in the code view of the email.',
  ],
  cannot: [],
};
