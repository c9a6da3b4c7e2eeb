import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { signReference } from '../../core/links/reference.ts';
import { type Contact, openContact } from '../contacts/contact.ts';
import { findContacts } from '../contacts/find.ts';
import { changeContact, putContact } from '../contacts/keep.ts';
import { contactFields, contactKey } from '../contacts/order.ts';
import { eraseContact } from '../erasure/contact.ts';
import { eraseSubject } from '../erasure/subject.ts';
import type { Services } from '../services.ts';
import { type ContactRecord, findContact, listContacts } from '../stores/records/contacts.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, paging, subject, toMoment } from './parts.ts';

const contact = z
  .object({
    id: z.string(),
    reference: z.string().meta({ description: 'What goes into one profile property on the platform, 40 characters.' }),
    version: z.number(),
    updatedAt: moment,
    fields: z.record(z.string(), z.json()),
  })
  .meta({ id: 'Contact' });

const entry = contact.omit({ fields: true }).meta({ id: 'ContactEntry' });

// What stands in quotes in a question to a platform, and nothing that could end them.
const email = z
  .string()
  .max(254)
  .regex(/^[^\s"'\\@]+@[^\s"'\\@]+$/, 'expected an email address')
  .meta({ description: 'Looked for on the platform and kept nowhere.', example: 'amira@example.com' });

const knownBy = z
  .union([
    z.strictObject({ id: z.string().min(1).max(40) }),
    z.strictObject({ reference: z.string().min(1).max(100) }),
    z.strictObject({ key: contactKey }),
    z.strictObject({ connection: z.string().min(1).max(40), email }),
    z.strictObject({ connection: z.string().min(1).max(40), platformId: contactKey }),
  ])
  .meta({
    id: 'ContactSearch',
    description:
      'What somebody is known by: our id or reference, your own key, or in a connected account its id or their address.',
    examples: [{ key: 'crm-42' }],
  });

const params = z.strictObject({ id: z.string().max(40) });

/** Contacts, whose references go into the platform. */
export const contactOperations = (services: Services): Operation[] => {
  const show = ({ updatedAt, fields, ...rest }: Contact) => ({
    ...rest,
    reference: signReference(rest.id, services.signingKeys[0]),
    updatedAt: toMoment(updatedAt),
    fields: fields as z.output<typeof contact>['fields'],
  });
  const list = ({ id, version, updated_at }: ContactRecord) => ({
    ...{ id, version, updatedAt: toMoment(updated_at) },
    reference: signReference(id, services.signingKeys[0]),
  });
  return [
    operation({
      id: 'createContact',
      scope: 'contacts:write',
      method: 'post',
      path: '/v1/contacts',
      tag: 'Contacts',
      summary: 'Keep a contact and get the reference for its profile',
      body: z
        .strictObject({
          key: contactKey.optional().meta({
            description: 'Your own id of the contact, kept as a digest: the same key changes the same contact.',
          }),
          fields: contactFields,
        })
        .meta({ id: 'ContactOrder', examples: [{ key: 'crm-42', fields: { first_name: 'Amira', tier: 'gold' } }] }),
      answer: contact,
      status: 201,
      refuses: [],
      run: async ({ actor, body }) => show((await putContact(services, actor.workspace, body)).contact),
    }),
    operation({
      id: 'listContacts',
      scope: 'contacts:read',
      method: 'get',
      path: '/v1/contacts',
      tag: 'Contacts',
      summary: 'List the contacts, or find the one you know by a key',
      query: z.strictObject({
        ...paging,
        key: contactKey.optional().meta({ description: 'Your own id of the contact.' }),
      }),
      answer: pageOf(entry),
      refuses: [],
      async run({ actor: { workspace }, query: { key, after, limit } }) {
        const found =
          key === undefined
            ? await listContacts(services.records, { workspace, after, limit: limit + 1 })
            : await findContacts(services, workspace, { key });
        const shown = found.slice(0, limit);
        return {
          data: shown.map(list),
          next: found.length > limit ? (shown.at(-1)?.id ?? null) : null,
        };
      },
    }),
    operation({
      id: 'findContact',
      scope: 'contacts:read',
      method: 'post',
      path: '/v1/contacts/find',
      tag: 'Contacts',
      summary: 'Find a contact by what it is known by, with nothing of that in an address; nobody is an empty list',
      body: knownBy,
      answer: pageOf(entry),
      refuses: ['connection_not_found', 'connection_refused', 'platform_unavailable'],
      run: async ({ actor, body }) => ({
        data: (await findContacts(services, actor.workspace, body)).map(list),
        next: null,
      }),
    }),
    operation({
      id: 'readContact',
      scope: 'contacts:read',
      method: 'get',
      path: '/v1/contacts/{id}',
      tag: 'Contacts',
      summary: 'Read a contact',
      params,
      answer: contact,
      refuses: ['contact_not_found'],
      async run({ actor, params: { id } }) {
        const record = await findContact(services.records, actor.workspace, id);
        if (!record || record.erased_at !== null)
          throw new AppError('contact_not_found', 'There is no contact with that id in this workspace.');
        return show(openContact(services.encryption, record));
      },
    }),
    operation({
      id: 'changeContact',
      scope: 'contacts:write',
      method: 'patch',
      path: '/v1/contacts/{id}',
      tag: 'Contacts',
      summary: 'Change some fields of a contact; null removes one',
      params,
      body: z
        .strictObject({ fields: contactFields })
        .meta({ id: 'ContactChange', examples: [{ fields: { tier: 'silver' } }] }),
      answer: contact,
      refuses: ['contact_not_found'],
      run: async ({ actor, params, body }) =>
        show(await changeContact(services, actor.workspace, params.id, body.fields)),
    }),
    operation({
      id: 'eraseContact',
      scope: 'contacts:write',
      method: 'delete',
      path: '/v1/contacts/{id}',
      tag: 'Contacts',
      summary: 'Erase a contact for good: its addresses show a neutral picture',
      params,
      refuses: ['contact_not_found'],
      run: ({ actor, params: { id } }) => eraseContact(services, actor, id),
    }),
    operation({
      id: 'eraseSubject',
      scope: 'contacts:write',
      method: 'delete',
      path: '/v1/subjects/{subject}',
      tag: 'Contacts',
      summary: 'Erase everything that was made about a subject: its addresses show a neutral picture',
      params: z.strictObject({ subject }),
      answer: z
        .object({
          pictures: z.number().meta({ description: 'Generated pictures.' }),
          renders: z.number().meta({ description: 'Ordered ones, finished or not.' }),
          rows: z.number().meta({ description: 'Rows of batches.' }),
        })
        .meta({ id: 'ErasedSubject' }),
      refuses: [],
      run: ({ actor, params }) => eraseSubject(services, actor, params.subject),
    }),
  ];
};
