import type { Dialect } from './dialect.ts';

/** Campaign Monitor's `[firstname,fallback=]` personalization tags. */
export const campaignmonitor: Dialect = {
  id: 'campaignmonitor',
  title: 'Campaign Monitor',
  referenceField: 'mergepix',
  fieldPattern: /^[A-Za-z]\w{0,99}$/,
  fieldRule: "Use the field's personalization tag without its brackets: the name without spaces, such as Dateofbirth.",
  usualTags: { first_name: 'firstname', last_name: 'lastname' },
  referenceTag: (field) => `[${field},fallback=]`,
  urlTag: (field) => `[${field},fallback=]`,
  encodes: false,
  attributeTag: (field, fallback) => `[${field},fallback=${fallback}]`,
  escapes: false,
  unreplaced: '[firstname,fallback=]',
  limits: [
    'Create a custom field of the type text called mergepix in each list you send to.',
    'Paste the block into an HTML email or an HTML block.',
  ],
  cannot: [],
};
