import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImage } from '../fakes/mail-client.ts';
import { fillAs } from '../fakes/platforms.ts';
import { keepConnection } from './connection.ts';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

type Written = { id: string; url: string; html: string; block: string; notes: string[] };

let service: TestService;
let connection: string;
const makeLink = async (order: object): Promise<Written> => {
  const { status, body } = await service.api('POST', '/v1/links', { template: 'swatch', connection, ...order });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
};

beforeAll(async () => {
  service = await startTestService();
  await publish(service, swatch({ links: { allowMerge: true }, alt: 'For {{ first_name }}, {{ color }}' }));
  const { body } = await service.api('POST', '/v1/contacts', { fields: { first_name: 'Amira', color: '#ff0000' } });
  connection = await keepConnection(service, (body as { id: string }).id);
  const change = { reference_field: 'Picture Key', mapping: '{"first_name":"Given Name","city":"Home City"}' };
  await service.services.records.updateTable('connections').set(change).execute();
});
afterAll(() => service.close());

describe('a link for a connection', () => {
  it("asks for the connection's reference field, and its alt text for what is mapped", async () => {
    const { url, html } = await makeLink({});
    expect(url).toContain("?c={{ person|lookup:'Picture Key'|default:''|urlencode }}");
    expect(readImage(html).attributes.alt).toBe("For {{ person|lookup:'Given Name'|default:'there'|escape }}, #808080");
  });

  it('shows the contact whose reference the platform fills in', async () => {
    const { body } = await service.api('POST', '/v1/contacts', { fields: { first_name: 'Bo', color: '#00ff00' } });
    const { html } = await makeLink({});
    const profile = { 'Picture Key': (body as { reference: string }).reference, 'Given Name': 'Bo' };
    const { attributes } = readImage(fillAs('klaviyo', html, profile));
    const { pathname, search } = new URL(attributes.src ?? '');
    expect(attributes.alt).toBe('For Bo, #808080');
    expect(await look(service.url + pathname + search)).toMatchObject({ status: 200, color: '#00ff00' });
  });

  it('says which fields of the template nothing fills', async () => {
    expect((await makeLink({})).notes).toContain('color is not mapped: everybody sees its fallback.');
    const fixed = await makeLink({ fields: { color: { from: 'fixed', value: '#0000ff' } } });
    expect(fixed.notes.join()).not.toContain('not mapped');
  });

  it('says nothing of a field that the connection leaves out on purpose, and asks nobody for it', async () => {
    const { body } = await service.api('POST', '/v1/contacts', { fields: { first_name: 'Cem' } });
    const own = await keepConnection(service, (body as { id: string }).id);
    const change = { mapping: '{"first_name":"Given Name","color":""}' };
    await service.services.records.updateTable('connections').set(change).where('id', '=', own).execute();
    for (const mode of ['contact', 'merge']) {
      const { url, notes } = await makeLink({ connection: own, mode });
      expect([notes.join().includes('not mapped'), url.includes('color=')]).toEqual([false, false]);
    }
  });

  it('in merge mode takes the tags of what is mapped, and those that are named', async () => {
    const { url } = await makeLink({ mode: 'merge', fields: { color: { from: 'open', tag: 'Colour' } } });
    expect(url).toContain("first_name={{ person|lookup:'Given Name'|default:''|urlencode }}");
    expect(url).toContain("color={{ person|lookup:'Colour'|default:''|urlencode }}");
    expect(url).not.toContain('Picture Key');
    expect(url).not.toContain('city');
  });

  it('leads where it is told, in a block that knows itself again', async () => {
    const { id, block } = await makeLink({ href: 'https://shop.example.com/?a=1&b=2' });
    expect(block).toContain(`<!-- mergepix:${id} -->`);
    expect(block).toContain('<a href="https://shop.example.com/?a=1&amp;b=2"');
    const { status, body } = await service.api('POST', '/v1/links', {
      ...{ template: 'swatch', connection, href: 'javascript:alert(1)' },
    });
    expect({ status, code: (body as { code: string }).code }).toEqual({ status: 422, code: 'link_refused' });
  });

  it('leaves the fallback where no tag of the platform shows a part of a field', async () => {
    const { body } = await service.api('POST', '/v1/contacts', { fields: { first_name: 'Cy' } });
    const toMailchimp = await keepConnection(service, (body as { id: string }).id);
    await service.services.records
      .updateTable('connections')
      .set({
        platform: 'mailchimp',
        reference_field: 'MERGEPIX',
        mapping: '{"first_name":"ADDRESS.city","color":"TIER"}',
      })
      .where('id', '=', toMailchimp)
      .execute();
    const { html, notes } = await makeLink({ connection: toMailchimp });
    expect(readImage(html).attributes.alt).toBe('For there, *|IF:TIER|**|TIER|**|ELSE:|*#808080*|END:IF|*');
    expect(notes.join()).not.toContain('not mapped');
  });

  it.each([
    ['both a platform and a connection', { platform: 'klaviyo', connection: 'x' }, 400],
    ['neither', {}, 400],
    ['a connection there is not', { connection: 'nothing-there-01' }, 404],
  ])('is not made with %s', async (_, given, expected) => {
    expect((await service.api('POST', '/v1/links', { template: 'swatch', ...given })).status).toBe(expected);
  });

  it("is not made for another workspace's connection", async () => {
    await service.api('POST', '/v1/workspaces', { id: 'other', name: 'Other' });
    const response = await fetch(`${service.url}/v1/links`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer an-admin-key-for-tests-that-is-long-enough',
        'content-type': 'application/json',
        'mergepix-workspace': 'other',
      },
      body: JSON.stringify({ template: 'swatch', connection }),
    });
    expect(response.status).toBe(404);
  });
});
