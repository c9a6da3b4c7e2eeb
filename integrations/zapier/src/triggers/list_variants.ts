import { defineTrigger } from 'zapier-platform-core';
import { versionAsked } from '../templates.ts';

/** The other sizes of the template that was chosen before, for dropdowns. */
export default defineTrigger({
  key: 'list_variants',
  noun: 'Variant',
  display: { label: 'List of Variants', description: 'Triggers when a dropdown of variants is opened.', hidden: true },
  operation: {
    type: 'polling',
    inputFields: [
      { key: 'template', label: 'Template', required: true, dynamic: 'list_templates.id.name' },
      { key: 'version', label: 'Version', dynamic: 'list_versions.id.name' },
    ],
    async perform(z, bundle) {
      const { variants = [] } = (await versionAsked(z, bundle)) ?? {};
      return variants.map(({ name, title, width, height }) => ({
        id: name,
        name: `${title ?? name}, ${width} x ${height}`,
      }));
    },
    outputFields: [
      { key: 'id', label: 'Variant' },
      { key: 'name', label: 'Variant Name' },
    ],
    sample: { id: 'story', name: 'Story, 540 x 960' },
  },
});
