import { defineTrigger } from 'zapier-platform-core';
import { ask, type Page } from '../ask.ts';

/** A list or segment, as much of it as this app reads. */
type Audience = { readonly id: string; readonly name: string; readonly kind: string };

/** The lists and segments of the chosen account, for dropdowns. */
export default defineTrigger({
  key: 'list_audiences',
  noun: 'Audience',
  display: {
    label: 'List of Audiences',
    description: 'Triggers when a dropdown of audiences is opened.',
    hidden: true,
  },
  operation: {
    type: 'polling',
    inputFields: [{ key: 'connection', label: 'Connection', required: true, dynamic: 'list_connections.id.name' }],
    async perform(z, bundle) {
      const { connection } = bundle.inputData;
      if (!connection) return [];
      const url = `/v1/connections/${encodeURIComponent(connection)}/audiences`;
      const { data } = await ask<Page<Audience>>(z, bundle, { url });
      return data.map(({ id, name, kind }) => ({ id, name: `${name} (${kind})` }));
    },
    outputFields: [
      { key: 'id', label: 'Audience ID' },
      { key: 'name', label: 'Audience Name' },
    ],
    sample: { id: 'XyZ123', name: 'Newsletter (list)' },
  },
});
