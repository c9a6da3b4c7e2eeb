import { defineTrigger } from 'zapier-platform-core';
import { askPage } from '../ask.ts';

/** A connection, as much of it as this app reads. */
type Connection = { readonly id: string; readonly name: string; readonly platform: string };

/** The accounts on email platforms that the workspace is connected to, for dropdowns. */
export default defineTrigger({
  key: 'list_connections',
  noun: 'Connection',
  display: {
    label: 'List of Connections',
    description: 'Triggers when a dropdown of connections is opened.',
    hidden: true,
  },
  operation: {
    type: 'polling',
    canPaginate: true,
    async perform(z, bundle) {
      const connections = await askPage<Connection>(z, bundle, '/v1/connections', () => true);
      return connections.map(({ id, name, platform }) => ({ id, name: `${name} (${platform})` }));
    },
    outputFields: [
      { key: 'id', label: 'Connection ID' },
      { key: 'name', label: 'Connection Name' },
    ],
    sample: { id: 'B-myT3Zq4N7xw0aK', name: 'North Wind (mailchimp)' },
  },
});
