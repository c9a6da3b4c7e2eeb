import { type Dialect, quoted } from './dialect.ts';

const STANDARD = new Set([
  ...['first_name', 'last_name', 'email_address', 'city', 'country', 'gender', 'language', 'phone_number'],
  ...['time_zone', 'date_of_birth', 'user_id', 'braze_id'],
]);
const EVENT = 'event_properties.';

/**
 * Braze's Liquid with its `${}`: a standard attribute such as `first_name`, an event's value as
 * `event_properties.product`, or any custom attribute by its own name.
 */
export const braze: Dialect = {
  id: 'braze',
  title: 'Braze',
  referenceField: 'mergepix',
  fieldPattern: /^(?:event_properties\.)?[A-Za-z_][\w -]{0,98}$/,
  fieldRule:
    'Use an attribute\'s name, or "event_properties." and the name of an event\'s property: letters, digits, spaces, "_" and "-".',
  usualTags: { first_name: 'first_name', last_name: 'last_name' },
  referenceTag: (field) => `{{${variable(field)}}}`,
  urlTag: (field) => `{{${variable(field)} | default: '' | url_param_escape}}`,
  encodes: true,
  // Liquid escapes nothing by itself; the fallback, which is escaped, comes after the filter.
  attributeTag: (field, fallback) => `{{${variable(field)} | escape | default: ${quoted(fallback)}}}`,
  escapes: true,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Braze writes its tags so.
  sendTag: '{{campaign.${api_id}}}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Braze writes its tags so.
  unreplaced: "{{${first_name} | default: '' | url_param_escape}}",
  limits: [
    'Write the reference into a custom attribute of the type string called mergepix.',
    'Event properties exist in action-based campaigns and in the first step of a Canvas that an event starts.',
    'Paste the block into the HTML editor, outside of HTML comments: Braze takes those away before it reads the tags.',
  ],
  cannot: [],
};

function variable(field: string): string {
  if (STANDARD.has(field)) return `\${${field}}`;
  return field.startsWith(EVENT) ? `${EVENT}\${${field.slice(EVENT.length)}}` : `custom_attribute.\${${field}}`;
}
