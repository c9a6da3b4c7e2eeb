import type { Dialect } from './dialect.ts';

/** Iterable's Handlebars: a field of the event or the profile by its name, in brackets where it holds a space. */
export const iterable: Dialect = {
  id: 'iterable',
  title: 'Iterable',
  referenceField: 'mergepix',
  fieldPattern: /^[A-Za-z_][\w.]{0,98}$|^\w[\w -]{0,98}$/,
  fieldRule: 'Use a field\'s name as the profile shows it: letters, digits, spaces, ".", "_" and "-".',
  usualTags: { first_name: 'firstName', last_name: 'lastName' },
  referenceTag: (field) => `{{${variable(field)}}}`,
  // Three braces inside the helper: two would escape for HTML first, and "&amp;" would be what arrives.
  urlTag: (field) => `{{#urlEncode}}{{{${variable(field)}}}}{{/urlEncode}}`,
  encodes: true,
  attributeTag: (field, fallback) => `{{#if ${variable(field)}}}{{${variable(field)}}}{{else}}${fallback}{{/if}}`,
  escapes: true,
  sendTag: '{{campaignId}}',
  unreplaced: '{{#urlEncode}}{{{firstName}}}{{/urlEncode}}',
  limits: [
    'Write the reference into a profile field of the type string called mergepix.',
    "Names are case-sensitive, and an event's field goes before the profile's of the same name.",
  ],
  cannot: [],
};

const variable = (field: string): string => (/^[A-Za-z_]\w*(?:\.\w+)*$/.test(field) ? field : `[${field}]`);
