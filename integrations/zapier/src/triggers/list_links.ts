import { defineTrigger } from 'zapier-platform-core';
import { askPage } from '../ask.ts';

/** A link, as much of it as this app reads. */
type Link = {
  readonly id: string;
  readonly template: string;
  readonly platform: string;
  readonly createdAt: string;
  readonly revokedAt: string | null;
};

/** The merge-tag links in force, newest first, for dropdowns. */
export default defineTrigger({
  key: 'list_links',
  noun: 'Link',
  display: { label: 'List of Links', description: 'Triggers when a dropdown of links is opened.', hidden: true },
  operation: {
    type: 'polling',
    canPaginate: true,
    async perform(z, bundle) {
      const links = await askPage<Link>(z, bundle, '/v1/links', ({ revokedAt }) => revokedAt === null);
      return links.map(({ id, template, platform, createdAt }) => ({
        id,
        name: `${template} (${platform}, ${createdAt.slice(0, 10)})`,
      }));
    },
    outputFields: [
      { key: 'id', label: 'Link ID' },
      { key: 'name', label: 'Link Name' },
    ],
    sample: { id: 'V1StGXR8_Z5jdHi6', name: 'summer-rewards-hero (mailchimp, 2027-06-18)' },
  },
});
