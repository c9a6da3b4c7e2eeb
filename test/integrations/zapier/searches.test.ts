import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { look, publish, swatch } from '../../e2e/service.ts';
import { addList, addMember, createAccount, type FakeMailchimp, startFakeMailchimp } from '../../fakes/mailchimp.ts';
import { app, runStep, startConnected, zapier } from './zapier.ts';

type Contact = { id: string; reference: string; version: number; updated_at: string };
type Input = { key: string; label?: string; required?: boolean };

let made: Awaited<ReturnType<typeof startConnected>>;
let mailchimp: FakeMailchimp;
beforeAll(async () => {
  mailchimp = await startFakeMailchimp({ accounts: [] });
  made = await startConnected({
    MERGEPIX_MAILCHIMP_URL: mailchimp.url,
    MERGEPIX_PUBLIC_URL: 'http://127.0.0.1:9',
    MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1',
  });
  await publish(made.service, swatch());
  await publish(
    made.service,
    swatch({ name: 'swatch-large', title: 'Large swatch', size: { width: 200, height: 80 } }),
  );
  await made.service.api('POST', '/v1/templates/swatch-draft/versions', swatch({ name: 'swatch-draft' }));
});
afterAll(async () => {
  await made.service.close();
  await mailchimp.close();
  await zapier.close();
});

const perform = <Result>(path: string, inputData: Record<string, unknown>) =>
  runStep<Result>(`${path}.operation.perform`, { authData: made.authData, inputData });
const findTemplate = (name: string) => perform<{ id: string }[]>('searches.find_template', { name });
const findContact = (inputData: Record<string, unknown>) => perform<Contact[]>('searches.find_contact', inputData);
const update = (inputData: Record<string, unknown>) => perform<Contact>('creates.update_contact_fields', inputData);
const fieldsOf = async (id: string) =>
  ((await made.service.api('GET', `/v1/contacts/${id}`)).body as { fields: unknown }).fields;

describe('Find Template', () => {
  it('finds what is live by a part of its name, the very one first', async () => {
    expect((await findTemplate('swatch')).map(({ id }) => id)).toEqual(['swatch', 'swatch-large']);
    expect(await findTemplate('Swatch Large')).toEqual([
      {
        ...{ id: 'swatch-large', title: 'Large swatch', version: 1, width: 200, height: 80 },
        fields: [
          { name: 'first_name', label: 'first_name', type: 'text', required: true },
          { name: 'color', label: 'color', type: 'color', required: false },
        ],
      },
    ]);
  });

  it('finds nothing rather than something else', async () => {
    for (const name of ['nothing', '  ', '%', 'x'.repeat(300)]) expect(await findTemplate(name), name).toEqual([]);
  });
});

describe('Find Contact', () => {
  it('finds by your own ID, reference and contact ID, and shows nothing personal', async () => {
    const { body } = await made.service.api('POST', '/v1/contacts', {
      ...{ key: 'crm-42', fields: { first_name: 'Amira', email: 'amira@example.com' } },
    });
    const { id, reference } = body as Contact;
    const contact = { id, reference, version: 1, updated_at: expect.stringMatching(/^\d{4}-.*Z$/) };
    expect(await findContact({ find_by: 'known_as', known_as: 'crm-42' })).toEqual([contact]);
    expect(await findContact({ find_by: 'reference', reference: ` ${reference}\n` })).toEqual([contact]);
    expect(await findContact({ find_by: 'id', id })).toEqual([contact]);
    expect(await findContact({ find_by: 'known_as', known_as: 'crm-43' })).toEqual([]);
  });

  it('finds by an email address in a connected account, which comes back nowhere', async () => {
    const account = createAccount('A club');
    mailchimp.accounts.push(account);
    const list = addList(account, 'News');
    const member = addMember(list, 'amira@example.com', { FNAME: 'Amira' });
    const { service } = made;
    const { id: connection } = (
      await service.api('POST', '/v1/connections', {
        ...{ platform: 'mailchimp', apiKey: account.apiKey, audiences: [list.id], mapping: { first_name: 'FNAME' } },
      })
    ).body as { id: string };
    await service.api('POST', `/v1/connections/${connection}/sync`, { mode: 'full' });
    while (member.fields.MERGEPIX === undefined) await pause(20);
    const contacts = await findContact({ connection, email: 'Amira@example.com' });
    expect(contacts).toMatchObject([{ reference: member.fields.MERGEPIX }]);
    expect(JSON.stringify(contacts)).not.toMatch(/amira/i);
    expect(service.log.join('\n')).not.toMatch(/amira/i);
    expect(await findContact({ connection, email: 'nobody@example.com' })).toEqual([]);
    await expect(findContact({ connection, email: 'no address' })).rejects.toThrow(/expected an email address/);
    await expect(findContact({ connection: 'gone', email: 'a@example.com' })).rejects.toThrow(/There is no connection/);
  });

  it('asks for what it looks by', async () => {
    const keys = async (find_by?: string) =>
      (
        await runStep<Input[]>('searches.find_contact.operation.inputFields', {
          ...{ authData: made.authData, inputData: { find_by } },
        })
      ).map(({ key }) => key);
    expect(await keys()).toEqual(['find_by', 'connection', 'email']);
    expect(await keys('reference')).toEqual(['find_by', 'reference']);
  });
});

describe('Update Contact Fields', () => {
  it('changes what is filled in, leaves the rest and empties what is named', async () => {
    const { body } = await made.service.api('POST', '/v1/contacts', {
      ...{ fields: { first_name: 'Amira', color: '#00ff00', tier: 'gold' } },
    });
    const { id } = body as Contact;
    const contact = await update({
      ...{ contact: id, template: 'swatch', 'field-first_name': '', 'field-color': '#ff0000' },
      ...{ fields: { city: 'Oslo', street: '' }, removed: ['tier'] },
    });
    expect(contact).toEqual({
      ...{ id, version: 2, reference: expect.any(String), updated_at: expect.stringMatching(/Z$/) },
    });
    expect(await fieldsOf(id)).toEqual({ first_name: 'Amira', color: '#ff0000', city: 'Oslo' });
  });

  it('shows at once in emails that are there already', async () => {
    const { service } = made;
    const link = (await service.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo' })).body;
    const added = await update({ known_as: 'crm-7', fields: { first_name: 'Bo', color: '#00ff00' } });
    const shown = () => look(`${service.url}${new URL((link as { url: string }).url).pathname}?c=${added.reference}`);
    expect(await shown()).toMatchObject({ color: '#00ff00' });
    const changed = await update({ known_as: 'crm-7', fields: { color: '#0000ff' } });
    expect(changed).toMatchObject({ id: added.id, reference: added.reference, version: 2 });
    expect(await shown()).toMatchObject({ color: '#0000ff' });
  });

  it('has an input for every field of a template, none of which must be filled in', async () => {
    const inputs = await runStep<Input[]>('creates.update_contact_fields.operation.inputFields', {
      ...{ authData: made.authData, inputData: { template: 'swatch' } },
    });
    const own = inputs.filter(({ key }) => key.startsWith('field-'));
    expect(own.map(({ key, required }) => [key, required])).toEqual([
      ['field-first_name', false],
      ['field-color', false],
    ]);
  });

  it('holds a run with nothing to do, or nobody to do it for', async () => {
    const failing = async (inputData: Record<string, unknown>) => update(inputData).catch((error: Error) => error);
    expect(await failing({ contact: 'x' })).toMatchObject({ name: 'HaltedError' });
    expect(await failing({ fields: { city: 'Oslo' } })).toMatchObject({ name: 'HaltedError' });
    await expect(update({ contact: 'nobody', fields: { city: 'Oslo' } })).rejects.toThrow(/There is no contact/);
  });

  it('adds whom Find Contact does not find', async () => {
    const { search, create } = app.searchOrCreates?.find_contact ?? { search: '', create: '' };
    const by = { find_by: 'known_as', known_as: 'crm-99' };
    expect(await perform(`searches.${search}`, by)).toEqual([]);
    const added = await perform<Contact>(`creates.${create}`, { known_as: 'crm-99', fields: { first_name: 'New' } });
    expect(await perform(`searches.${search}`, by)).toEqual([added]);
  });
});
