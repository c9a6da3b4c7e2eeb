import type { Dialect } from './dialect.ts';

/** Lemlist's `{{firstName}}` variables and the conditions of its Liquid. */
export const lemlist: Dialect = {
  id: 'lemlist',
  title: 'Lemlist',
  referenceField: 'mergepix',
  fieldPattern: /^[A-Za-z_]\w{0,99}$/,
  fieldRule: 'Use a variable\'s name without its braces: letters, digits and "_".',
  usualTags: { first_name: 'firstName', last_name: 'lastName' },
  referenceTag: (field) => `{{${field}}}`,
  urlTag: (field) => `{{${field}}}`,
  encodes: false,
  // An empty text is true in Liquid.
  attributeTag: (field, fallback) => `{% if ${field} and ${field} != '' %}{{${field}}}{% else %}${fallback}{% endif %}`,
  escapes: false,
  unreplaced: '{{firstName}}',
  limits: [
    'Import the references as a custom variable called mergepix.',
    'Give every lead a reference before the start: Lemlist holds back an email whose variable is missing.',
    'Paste the block in the HTML view of the email.',
  ],
  cannot: [],
};
