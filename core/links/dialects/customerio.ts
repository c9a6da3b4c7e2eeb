import type { Dialect } from './dialect.ts';

/** Customer.io's Liquid: an attribute of the person by its name, or a trigger's data as `event.product`. */
export const customerio: Dialect = {
  id: 'customerio',
  title: 'Customer.io',
  referenceField: 'mergepix',
  fieldPattern: /^(?:event\.)?[A-Za-z_]\w{0,99}$/,
  fieldRule: 'Use an attribute\'s name, or "event." and the name of an event\'s property: letters, digits and "_".',
  usualTags: { first_name: 'first_name', last_name: 'last_name' },
  // An attribute that a person does not have fails the whole message, so each is asked for first.
  referenceTag: (field) => guarded(field, `{{ ${variable(field)} }}`),
  urlTag: (field) => guarded(field, `{{ ${variable(field)} | url_encode }}`),
  encodes: true,
  attributeTag: (field, fallback) => guarded(field, `{{ ${variable(field)} | escape }}`, fallback),
  escapes: true,
  sendTag: '{% if campaign.id != blank %}{{ campaign.id }}{% endif %}',
  unreplaced: '{% if customer.first_name != blank %}{{ customer.first_name | url_encode }}{% endif %}',
  limits: [
    'Write the reference into an attribute of the person called mergepix.',
    'The alt text is written for the latest Liquid; a message of the older one (accounts from before 28 November 2023) URL-encodes names in it until it is upgraded.',
    'Keep the conditions around the tags: without them the message of a person who lacks the attribute is not sent.',
  ],
  cannot: [],
};

const variable = (field: string): string => (field.startsWith('event.') ? field : `customer.${field}`);

function guarded(field: string, then: string, otherwise = ''): string {
  return `{% if ${variable(field)} != blank %}${then}${otherwise && `{% else %}${otherwise}`}{% endif %}`;
}
