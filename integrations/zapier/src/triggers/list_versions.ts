import { defineTrigger } from 'zapier-platform-core';
import { askPage } from '../ask.ts';
import { LIVE, pathOf } from '../templates.ts';

/** A version, as much of it as this app reads. */
type Version = { readonly version: number; readonly state: string; readonly note: string | null };

/** The published versions of the template that was chosen before, for dropdowns; the first is whatever is live. */
export default defineTrigger({
  key: 'list_versions',
  noun: 'Version',
  display: { label: 'List of Versions', description: 'Triggers when a dropdown of versions is opened.', hidden: true },
  operation: {
    type: 'polling',
    canPaginate: true,
    inputFields: [{ key: 'template', label: 'Template', required: true, dynamic: 'list_templates.id.name' }],
    async perform(z, bundle) {
      const { template } = bundle.inputData;
      if (!template) return [];
      const isPublished = ({ state }: Version) => state === 'published';
      const versions = await askPage<Version>(z, bundle, `${pathOf(template)}/versions`, isPublished);
      const live = bundle.meta.page === 0 ? [{ id: LIVE, name: 'Live: whatever is published' }] : [];
      return [
        ...live,
        ...versions.map(({ version, note }) => ({
          id: String(version),
          name: note ? `Version ${version}: ${note}` : `Version ${version}`,
        })),
      ];
    },
    outputFields: [
      { key: 'id', label: 'Version' },
      { key: 'name', label: 'Version Name' },
    ],
    sample: { id: LIVE, name: 'Live: whatever is published' },
  },
});
