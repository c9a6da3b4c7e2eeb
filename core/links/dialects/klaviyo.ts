import type { Dialect } from './dialect.ts';

const BUILT_IN = new Set(['first_name', 'last_name', 'email']);
const EVENT_PATH = /^event(?:\.\w+)+$/;
const EVENT = 'event.';

/**
 * Klaviyo's Django tags. A field is `first_name`, `last_name`, `email`, an event's value as `event.ProductName` (in
 * flows), or any profile property by its own name, spaces and all.
 */
export const klaviyo: Dialect = {
  id: 'klaviyo',
  title: 'Klaviyo',
  referenceField: 'mergepix',
  // No quote, brace, percent sign, pipe or backslash: those would end the tag or its string early.
  fieldPattern: /^[\p{L}\p{N}_$][\p{L}\p{M}\p{N}_$ .:@#()/-]{0,98}$/u,
  fieldRule: 'Use the property\'s name as the profile shows it, without quotes, braces, "%" or "|".',
  usualTags: { first_name: 'first_name', last_name: 'last_name' },
  referenceTag: (field) => `{{ ${variable(field)}|default:''|urlencode }}`,
  urlTag: (field) => `{{ ${variable(field)}|default:''|urlencode }}`,
  // Django holds a literal default to be safe HTML and leaves it alone, so it comes escaped; `escape` is what autoescape
  // does anyway, once, and keeps the block whole where a template has it switched off.
  attributeTag: (field, fallback) => `{{ ${variable(field)}|default:'${fallback.replaceAll('\\', '\\\\')}'|escape }}`,
  unreplaced: "{{ first_name|default:''|urlencode }}",
  limits: [
    'A property that a profile does not have renders empty, and the picture shows the template default.',
    'Event values exist in flows only; a campaign renders them empty.',
    'Do not put a space after the colon of a filter when editing a tag by hand.',
  ],
  cannot: ['No tag is sure to name the campaign: give a send marker when you place the block.'],
};

function variable(field: string): string {
  if (BUILT_IN.has(field) || EVENT_PATH.test(field)) return field;
  const [source, name] = field.startsWith(EVENT) ? ['event', field.slice(EVENT.length)] : ['person', field];
  return `${source}|lookup:'${name}'`;
}
