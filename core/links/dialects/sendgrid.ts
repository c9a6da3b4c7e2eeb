import type { Dialect } from './dialect.ts';

/** SendGrid's Handlebars: `{{first_name}}`, in Marketing Campaigns and in dynamic templates. */
export const sendgrid: Dialect = {
  id: 'sendgrid',
  title: 'SendGrid',
  referenceField: 'mergepix',
  fieldPattern: /^[A-Za-z_]\w{0,99}$/,
  fieldRule: 'Use the name of a reserved or custom field, or of a key of the template data: letters, digits and "_".',
  usualTags: { first_name: 'first_name', last_name: 'last_name' },
  referenceTag: (field) => `{{${field}}}`,
  urlTag: (field) => `{{${field}}}`,
  encodes: false,
  // `{{insert first_name "default=x"}}` would end the attribute at its double quote.
  attributeTag: (field, fallback) => `{{#if ${field}}}{{${field}}}{{else}}${fallback}{{/if}}`,
  escapes: true,
  unreplaced: '{{first_name}}',
  limits: [
    'Create a custom field of the type text called mergepix; in a dynamic template, send the reference as mergepix in the template data.',
  ],
  cannot: [],
};
