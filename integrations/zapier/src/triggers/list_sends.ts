import { defineTrigger } from 'zapier-platform-core';
import { ask, type Page } from '../ask.ts';

/** A planned send, as much of it as this app reads. */
type Send = { readonly id: string; readonly name: string; readonly sendAt: string };

/** A week, as far as campaigns are looked for. */
const HOURS = 168;

/** The campaigns that the chosen account sends within a week, for dropdowns. */
export default defineTrigger({
  key: 'list_sends',
  noun: 'Send',
  display: { label: 'List of Sends', description: 'Triggers when a dropdown of sends is opened.', hidden: true },
  operation: {
    type: 'polling',
    inputFields: [{ key: 'connection', label: 'Connection', required: true, dynamic: 'list_connections.id.name' }],
    async perform(z, bundle) {
      const { connection } = bundle.inputData;
      if (!connection) return [];
      const url = `/v1/connections/${encodeURIComponent(connection)}/sends`;
      const { data } = await ask<Page<Send>>(z, bundle, { url, params: { hours: HOURS } });
      return data.map(({ id, name, sendAt }) => ({
        id,
        name: `${name}, ${sendAt.slice(0, 16).replace('T', ' ')} UTC`,
      }));
    },
    outputFields: [
      { key: 'id', label: 'Send ID' },
      { key: 'name', label: 'Send Name' },
    ],
    sample: { id: '01J9VQ5S6M8N2T4X7ZBD3CWE1K', name: 'Summer sale, 2027-06-18 12:00 UTC' },
  },
});
