import type { Dialect } from './dialect.ts';

/** Klaviyo's own fields of a profile as its API names them -> as its tags do. */
const builtIn: Readonly<Record<string, string>> = {
  first_name: 'first_name',
  last_name: 'last_name',
  email: 'email',
  phone_number: 'person.phone_number',
  organization: 'person.organization',
  title: 'person.title',
  'location.city': 'person.City',
  'location.region': 'person.Region',
  'location.country': 'person.Country',
  'location.zip': 'person.Zipcode',
};
const EVENT = 'event.';
// Django lets no name begin with an underscore; digits are the places of a list.
const PLAIN_NAME = /^[A-Za-z0-9]\w*$/;

/**
 * Klaviyo's Django tags. A field is a built-in one, an event's value as `event.ProductName` (in flows), which may be a path
 * such as `event.extra.line_items.0.product.title`, or any profile property by its own name, spaces and all.
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
  encodes: true,
  // Django holds a literal default to be safe HTML and leaves it alone, so it comes escaped; `escape` is what autoescape
  // does anyway, once, and keeps the block whole where a template has it switched off.
  attributeTag: (field, fallback) => `{{ ${variable(field)}|default:'${fallback.replaceAll('\\', '\\\\')}'|escape }}`,
  escapes: true,
  unreplaced: "{{ first_name|default:''|urlencode }}",
  limits: [
    'A property that a profile does not have renders empty, and the picture shows the template default.',
    'Event values exist in flows only; a campaign renders them empty, and the number 0 counts as empty.',
    'Do not put a space after the colon of a filter when editing a tag by hand.',
  ],
  cannot: [],
};

function variable(field: string): string {
  if (Object.hasOwn(builtIn, field)) return builtIn[field] as string;
  if (!field.startsWith(EVENT)) return `person|lookup:'${field}'`;
  const names = field.slice(EVENT.length).split('.');
  if (names.includes('')) return `event|lookup:'${field.slice(EVENT.length)}'`;
  // A path goes on with lookups, places of lists too, once one of its names needs it.
  const odd = names.findIndex((name) => !PLAIN_NAME.test(name));
  const plain = odd < 0 ? names : names.slice(0, odd);
  const looked = odd < 0 ? [] : names.slice(odd);
  return ['event', ...plain].join('.') + looked.map((name) => `|lookup:'${name}'`).join('');
}
