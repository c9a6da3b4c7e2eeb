import type { Dialect } from './dialect.ts';

/** ActiveCampaign's `%FIRSTNAME%` personalization tags, which take neither a filter nor a default. */
export const activecampaign: Dialect = {
  id: 'activecampaign',
  title: 'ActiveCampaign',
  referenceField: 'MERGEPIX',
  fieldPattern: /^[A-Z][A-Z0-9_]{0,99}$/,
  fieldRule: 'Use the field\'s personalization tag without its percent signs: capital letters, digits and "_".',
  usualTags: { first_name: 'FIRSTNAME', last_name: 'LASTNAME' },
  referenceTag: (field) => `%${field}%`,
  urlTag: (field) => `%${field}%`,
  encodes: false,
  attributeTag: (_field, fallback) => fallback,
  escapes: true,
  unreplaced: '%FIRSTNAME%',
  limits: [
    'Create a contact field of the type text input whose personalization tag is MERGEPIX.',
    'Use plain letters and digits in a send marker, so that nothing in the address looks like a tag.',
  ],
  cannot: [
    'A tag takes no default, so the alt text shows everybody the defaults; the picture is personal all the same.',
  ],
};
