import { type Dialect, quoted } from './dialect.ts';

/** HubSpot's HubL: `{{ contact.firstname }}`, by a property's internal name. */
export const hubspot: Dialect = {
  id: 'hubspot',
  title: 'HubSpot',
  referenceField: 'mergepix',
  fieldPattern: /^[a-z][a-z0-9_]{0,99}$/,
  fieldRule: 'Use the property\'s internal name: small letters, digits and "_", such as firstname.',
  usualTags: { first_name: 'firstname', last_name: 'lastname' },
  // No filter: HubSpot promises filters on contact tokens for its web pages, not for every email.
  referenceTag: (field) => `{{ contact.${field} }}`,
  urlTag: (field) => `{{ contact.${field}|urlencode }}`,
  encodes: true,
  // The one way of giving a default that works in every email.
  attributeTag: (field, fallback) => `{{ personalization_token('contact.${field}', ${quoted(fallback)}) }}`,
  escapes: false,
  unreplaced: '{{ contact.firstname }}',
  limits: [
    'Create a contact property of the type single-line text whose internal name is mergepix.',
    'Paste the block into a custom HTML module or a coded template: the text editor knows only tokens from its own menu.',
  ],
  cannot: [
    'A merge link needs programmable email (isEnabledForEmailV3Rendering: true in the template): elsewhere HubSpot need not run the urlencode filter, and everybody may see the defaults.',
  ],
};
