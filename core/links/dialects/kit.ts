import { type Dialect, quoted } from './dialect.ts';

/** Kit's Liquid (ConvertKit): `{{ subscriber.first_name }}`, custom fields by their key. */
export const kit: Dialect = {
  id: 'kit',
  title: 'Kit',
  referenceField: 'mergepix',
  fieldPattern: /^[a-z][a-z0-9_]{0,99}$/,
  fieldRule: 'Use first_name or the key of a custom field: small letters, digits and "_".',
  usualTags: { first_name: 'first_name' },
  referenceTag: (field) => `{{ subscriber.${field} }}`,
  urlTag: (field) => `{{ subscriber.${field} | url_encode }}`,
  encodes: true,
  // Liquid escapes nothing by itself; the fallback, which is escaped, comes after the filter.
  attributeTag: (field, fallback) => `{{ subscriber.${field} | escape | default: ${quoted(fallback)} }}`,
  escapes: true,
  unreplaced: '{{ subscriber.first_name | url_encode }}',
  limits: [
    'Create a custom field called mergepix.',
    'Kit documents Liquid, not each of its filters: send yourself a merge link as somebody called "Tom & Jerry" first.',
    'Paste the block into an HTML block.',
  ],
  cannot: ['A preview fills in no subscriber, so it shows the defaults.'],
};
