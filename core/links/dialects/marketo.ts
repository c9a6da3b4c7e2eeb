import type { Dialect } from './dialect.ts';

/** Marketo's `{{lead.First Name:default=x}}` tokens, by the name a field is shown under. */
export const marketo: Dialect = {
  id: 'marketo',
  title: 'Marketo',
  referenceField: 'Mergepix',
  fieldPattern: /^\p{L}[\p{L}\p{M}\p{N} _()/-]{0,98}$/u,
  fieldRule: 'Use the field\'s name as its token has it, spaces and all, such as First Name; no ":" and no braces.',
  usualTags: { first_name: 'First Name', last_name: 'Last Name' },
  referenceTag: (field) => `{{lead.${field}}}`,
  urlTag: (field) => `{{lead.${field}}}`,
  encodes: false,
  attributeTag: (field, fallback) => (fallback === '' ? `{{lead.${field}}}` : `{{lead.${field}:default=${fallback}}}`),
  escapes: true,
  sendTag: '{{program.id}}',
  unreplaced: '{{lead.First Name}}',
  limits: [
    'Create a custom field of the type string called Mergepix.',
    'A misspelled token is sent as it stands, and the picture shows the defaults.',
    'These are the tokens of the classic editor; the new email designer writes {%=lead.mergepix%}.',
  ],
  cannot: [],
};
