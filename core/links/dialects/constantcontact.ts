import type { Dialect } from './dialect.ts';

/** Constant Contact's `[[FIRSTNAME]]` tags; a custom field is `custom.` and its name. */
export const constantcontact: Dialect = {
  id: 'constantcontact',
  title: 'Constant Contact',
  referenceField: 'CUSTOM.mergepix',
  fieldPattern: /^(?:custom\.)?[a-z]\w{0,99}$/i,
  fieldRule: 'Use a tag without its brackets, such as FIRSTNAME, or "CUSTOM." and the name of a custom field.',
  usualTags: { first_name: 'FIRSTNAME', last_name: 'LASTNAME' },
  referenceTag: (field) => `[[${field}]]`,
  urlTag: (field) => `[[${field}]]`,
  encodes: false,
  // `[[FIRSTNAME OR "x"]]` has no form that is whole inside an attribute: it needs double quotes, and they end it.
  attributeTag: (_field, fallback) => fallback,
  escapes: true,
  unreplaced: '[[FIRSTNAME]]',
  limits: [
    'Create a custom field of the type text called mergepix.',
    'Paste the block into a custom code email.',
    'A test email is filled in with your own details.',
  ],
  cannot: [
    "A tag's fallback stands in double quotes, which would end the attribute, so the alt text shows everybody the defaults; the picture is personal all the same.",
  ],
};
