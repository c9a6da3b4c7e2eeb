import { type Bundle, defineCreate, type ZObject } from 'zapier-platform-core';
import { ask } from '../ask.ts';
import { type Contact, contactFields, contactSample, showContact } from '../contacts.ts';
import { dataOf } from '../inputs.ts';
import { templateInputs } from '../templates.ts';

/** The inputs of a template, none of which has to be filled in: what is left blank stays as it is. */
const optionalInputs = async (z: ZObject, bundle: Bundle) =>
  (await templateInputs(z, bundle)).map(({ helpText: _help, placeholder: _shown, ...input }) => ({
    ...input,
    required: false,
  }));

const hasValue = ([, value]: readonly [string, unknown]): boolean =>
  value !== undefined && value !== null && value !== '';

/** Changes what pictures of a contact show; one that is known by one's own id is added when there is none. */
export default defineCreate({
  key: 'update_contact_fields',
  noun: 'Contact',
  display: {
    label: 'Update Contact Fields',
    description: 'Changes fields of a contact: its pictures show them from then on, also in emails it already has.',
  },
  operation: {
    inputFields: [
      {
        key: 'contact',
        label: 'Contact',
        dynamic: 'list_contacts.id.name',
        search: 'find_contact.id',
        helpText: 'From Find Contact. Leave it blank to use your own ID.',
      },
      {
        key: 'known_as',
        label: 'Your Own ID',
        helpText: 'Such as the ID in your CRM, kept as a digest. A contact that is not there yet is added.',
      },
      {
        key: 'template',
        label: 'Template',
        dynamic: 'list_templates.id.name',
        altersDynamicFields: true,
        helpText: 'Shows its fields below. What you leave blank stays as it is.',
      },
      optionalInputs,
      {
        key: 'fields',
        label: 'Other Fields',
        dict: true,
        helpText: 'By the names of template fields. A full sync brings back what a connection maps.',
      },
      {
        key: 'removed',
        label: 'Fields to Empty',
        list: true,
        helpText: 'By their names: pictures show what the template has in place of them.',
      },
    ],
    async perform(z, bundle) {
      const { contact, known_as: key, fields: others = {}, removed = [] } = bundle.inputData;
      const emptied = removed.filter(Boolean).map((name) => [name, null]);
      const given = Object.entries({ ...dataOf(bundle.inputData), ...others }).filter(hasValue);
      const body = { fields: Object.fromEntries([...given, ...emptied]) };
      if (given.length + emptied.length === 0)
        throw new z.errors.HaltedError('Nothing was changed: fill in at least one field.');
      if (contact) {
        const url = `/v1/contacts/${encodeURIComponent(contact)}`;
        return showContact(await ask<Contact>(z, bundle, { url, method: 'PATCH', body }));
      }
      if (!key) throw new z.errors.HaltedError('Choose a contact, or fill in your own ID of it.');
      return showContact(
        await ask<Contact>(z, bundle, { url: '/v1/contacts', method: 'POST', body: { key, ...body } }),
      );
    },
    outputFields: [...contactFields],
    sample: contactSample,
  },
});
