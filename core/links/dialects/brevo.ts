import type { Dialect } from './dialect.ts';

/** Brevo's template language, which follows Django's: `{{ contact.FIRSTNAME }}`. */
export const brevo: Dialect = {
  id: 'brevo',
  title: 'Brevo',
  referenceField: 'MERGEPIX',
  fieldPattern: /^[A-Z][A-Z0-9_]{0,49}$/,
  fieldRule: 'Use the attribute\'s name as the contact attributes page lists it: capital letters, digits and "_".',
  usualTags: { first_name: 'FIRSTNAME', last_name: 'LASTNAME' },
  referenceTag: (field) => `{{ contact.${field}|default:'' }}`,
  urlTag: (field) => `{{ contact.${field}|default:''|urlencode }}`,
  encodes: true,
  // A condition keeps the fallback out of the filters, which might escape it a second time.
  attributeTag: (field, fallback) => `{% if contact.${field} %}{{ contact.${field} }}{% else %}${fallback}{% endif %}`,
  escapes: false,
  unreplaced: "{{ contact.FIRSTNAME|default:''|urlencode }}",
  limits: [
    'Create a contact attribute of the type text called MERGEPIX.',
    'The names of attributes follow the language of the account (VORNAME, PRENOM): look yours up before mapping it.',
    'Paste the block into an HTML block: a filter is lost on a variable that was added from the menu.',
  ],
  cannot: [],
};
