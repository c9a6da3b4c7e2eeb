import { defineTrigger } from 'zapier-platform-core';
import { askPage } from '../ask.ts';
import { isLive, type Template } from '../templates.ts';

/** The templates pictures can be made from, for dropdowns. */
export default defineTrigger({
  key: 'list_templates',
  noun: 'Template',
  display: {
    label: 'List of Templates',
    description: 'Triggers when a dropdown of templates is opened.',
    hidden: true,
  },
  operation: {
    type: 'polling',
    canPaginate: true,
    async perform(z, bundle) {
      const templates = await askPage<Template>(z, bundle, '/v1/templates', isLive);
      return templates.map(({ name, title }) => ({ id: name, name: title ?? name }));
    },
    outputFields: [
      { key: 'id', label: 'Template ID' },
      { key: 'name', label: 'Template Name' },
    ],
    sample: { id: 'event-badge', name: 'Event badge' },
  },
});
