import { defineTrigger } from 'zapier-platform-core';
import { askPage } from '../ask.ts';
import type { Contact } from '../contacts.ts';

/** The contacts, for dropdowns: nothing personal can name them there, so that Find Contact is the better way. */
export default defineTrigger({
  key: 'list_contacts',
  noun: 'Contact',
  display: {
    label: 'List of Contacts',
    description: 'Triggers when a dropdown of contacts is opened.',
    hidden: true,
  },
  operation: {
    type: 'polling',
    canPaginate: true,
    async perform(z, bundle) {
      const contacts = await askPage<Contact>(z, bundle, '/v1/contacts', () => true);
      return contacts.map(({ id, updatedAt }) => ({ id, name: `${id}, changed on ${updatedAt.slice(0, 10)}` }));
    },
    outputFields: [
      { key: 'id', label: 'Contact ID' },
      { key: 'name', label: 'Contact Name' },
    ],
    sample: { id: 'V1StGXR8_Z5jdHi6', name: 'V1StGXR8_Z5jdHi6, changed on 2027-06-18' },
  },
});
