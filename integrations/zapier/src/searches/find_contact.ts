import { type Bundle, defineSearch, type PlainInputField, type ZObject } from 'zapier-platform-core';
import { ask, type Page } from '../ask.ts';
import { type Contact, contactFields, contactSample, showContact } from '../contacts.ts';

/** By what somebody is looked for, and the inputs that ask for it. */
const WAYS: Readonly<Record<string, readonly PlainInputField[]>> = {
  email: [
    {
      key: 'connection',
      label: 'Connection',
      required: true,
      dynamic: 'list_connections.id.name',
      helpText: 'The account the contact is in.',
    },
    {
      key: 'email',
      label: 'Email Address',
      required: true,
      helpText: 'Looked for on the platform, and kept nowhere in Mergepix.',
    },
  ],
  known_as: [
    {
      key: 'known_as',
      label: 'Your Own ID',
      required: true,
      helpText: 'What you gave when you added the contact, such as its ID in your CRM.',
    },
  ],
  reference: [
    {
      key: 'reference',
      label: 'Contact Reference',
      required: true,
      helpText: 'What stands in the property or merge field mergepix of the contact on its platform.',
    },
  ],
  id: [{ key: 'id', label: 'Contact ID', required: true }],
};

/** What the API calls an input, where that is another name. */
const NAMES: Readonly<Record<string, string>> = { known_as: 'key' };

const DEFAULT = 'email';
const waysOf = ({ inputData }: Bundle): readonly PlainInputField[] =>
  WAYS[String(inputData.find_by || DEFAULT)] ?? WAYS[DEFAULT] ?? [];

/** Somebody whom Mergepix keeps. */
export default defineSearch({
  key: 'find_contact',
  noun: 'Contact',
  display: {
    label: 'Find Contact',
    description: 'Finds a contact by its email address in a connected account, your own ID or its reference.',
  },
  operation: {
    inputFields: [
      {
        key: 'find_by',
        label: 'Find By',
        choices: {
          email: 'Email address in a connected account',
          known_as: 'Your own ID',
          reference: 'Contact reference',
          id: 'Contact ID',
        },
        default: DEFAULT,
        altersDynamicFields: true,
      },
      (_z: ZObject, bundle: Bundle) => [...waysOf(bundle)],
    ],
    async perform(z, bundle) {
      const { inputData } = bundle as Bundle;
      const body = Object.fromEntries(
        waysOf(bundle).map(({ key }) => [NAMES[key] ?? key, String(inputData[key] ?? '').trim()]),
      );
      const { data } = await ask<Page<Contact>>(z, bundle, { url: '/v1/contacts/find', method: 'POST', body });
      return data.map(showContact);
    },
    outputFields: [...contactFields],
    sample: contactSample,
  },
});
