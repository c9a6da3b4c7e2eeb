import { defineSearch } from 'zapier-platform-core';
import { ask, type Page } from '../ask.ts';
import type { Contract } from '../inputs.ts';
import { isLive, type Template } from '../templates.ts';

type Found = Template & { readonly width: number; readonly height: number; readonly fields: Contract };

/** What a name can be: people write `Event badge`, and its name is `event-badge`. */
const asName = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 63);

const show = ({ name, title, channels, width, height, fields }: Found) => ({
  id: name,
  title: title ?? name,
  version: channels.production,
  ...{ width, height },
  fields: Object.entries(fields).map(([field, { label, type, required }]) => ({
    ...{ name: field, label: label ?? field, type, required: required === true },
  })),
});

/** Templates that are live, by a part of their name; the one of exactly that name first. */
export default defineSearch({
  key: 'find_template',
  noun: 'Template',
  display: { label: 'Find Template', description: 'Finds a template by its name or a part of it.' },
  operation: {
    inputFields: [
      { key: 'name', label: 'Name', required: true, helpText: 'Such as event-badge, or a part of it such as badge.' },
    ],
    async perform(z, bundle) {
      const search = asName(bundle.inputData.name);
      if (search === '') return [];
      const params = { search, limit: 100 };
      const { data } = await ask<Page<Found>>(z, bundle, { url: '/v1/templates', params });
      const isIt = ({ name }: Found) => Number(name === search);
      return data
        .filter(isLive)
        .sort((a, b) => isIt(b) - isIt(a))
        .map(show);
    },
    outputFields: [
      { key: 'id', label: 'Template ID' },
      { key: 'title', label: 'Title' },
      { key: 'version', label: 'Live Version', type: 'integer' },
      { key: 'width', label: 'Width', type: 'integer' },
      { key: 'height', label: 'Height', type: 'integer' },
      {
        key: 'fields',
        label: 'Fields',
        children: [
          { key: 'name', label: 'Field' },
          { key: 'label', label: 'Field Label' },
          { key: 'type', label: 'Field Type' },
          { key: 'required', label: 'Field Is Required', type: 'boolean' },
        ],
      },
    ],
    sample: {
      id: 'event-badge',
      title: 'Event badge',
      version: 3,
      width: 420,
      height: 600,
      fields: [{ name: 'name', label: 'Name', type: 'text', required: true }],
    },
  },
});
