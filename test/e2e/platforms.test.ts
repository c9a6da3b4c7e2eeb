import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DialectId, dialects } from '../../core/links/dialects/index.ts';
import { readImage } from '../fakes/mail-client.ts';
import { fillAs, type Profile } from '../fakes/platforms.ts';
import vectors from '../vectors/dialects.json' with { type: 'json' };
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

const platforms = Object.keys(dialects) as DialectId[];
const NAME = 'Zoë "Zo" O\'Hara & co';

let service: TestService;
let reference: string;
beforeAll(async () => {
  service = await startTestService();
  await publish(service, swatch({ links: { allowMerge: true } }));
  const { body } = await service.api('POST', '/v1/contacts', { fields: { first_name: NAME, color: '#ff0000' } });
  reference = (body as { reference: string }).reference;
});
afterAll(() => service.close());

const makeLink = async (platform: DialectId, order: object = {}): Promise<{ html: string; notes: string[] }> => {
  const { status, body } = await service.api('POST', '/v1/links', { template: 'swatch', platform, ...order });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
};
/** Fetches the picture of a block as the platform sends it, the way a mail client would. */
async function open(platform: DialectId, html: string, profile: Profile) {
  const { attributes } = readImage(fillAs(platform, html, profile));
  const { pathname, search } = new URL(attributes.src ?? '');
  return look(service.url + pathname + search);
}

describe.each(platforms)('an email sent by %s', (id) => {
  const { referenceField, encodes, limits } = dialects[id];
  const { name, city } = vectors[id];

  it('shows a contact her picture, and everybody else the defaults', async () => {
    const { html, notes } = await makeLink(id, { fields: { first_name: { from: 'contact', tag: name } } });
    expect(notes).toEqual(expect.arrayContaining([...limits]));
    const hers = await open(id, html, { [referenceField]: reference, [name]: NAME });
    expect(hers).toMatchObject({ status: 200, color: '#ff0000' });
    expect(hers.outcome).toMatch(/^(rendered|hit)$/);
    for (const profile of [{}, { [referenceField]: '', [name]: '' }, { [referenceField]: 'x'.repeat(40) }]) {
      const { status, color, outcome } = await open(id, html, profile);
      expect({ status, color }).toEqual({ status: 200, color: '#808080' });
      expect(outcome).toMatch(/^defaults/);
    }
    const { pathname, search } = new URL(readImage(html).attributes.src ?? '');
    expect(await look(service.url + pathname + search)).toMatchObject({ status: 200, color: '#808080' });
  });

  it('fills in what the platform knows, whether it can encode it or not', async () => {
    const fields = { first_name: { from: 'open', tag: name }, color: { from: 'open', tag: city } };
    const { html, notes } = await makeLink(id, { mode: 'merge', fields });
    expect(notes.some((note) => note.includes('cannot URL-encode'))).toBe(!encodes);
    const [hers, his] = await Promise.all(
      ['Amira', 'Bo'].map((first) => open(id, html, { [name]: first, [city]: '' })),
    );
    expect([hers?.status, his?.status]).toEqual([200, 200]);
    expect(hers?.bytes.equals(his?.bytes ?? Buffer.of())).toBe(false);
    // A "#" cuts the address where it is not encoded: the field falls back, and the picture is one all the same.
    const hard = await open(id, html, { [name]: NAME, [city]: '#00ff00' });
    expect(hard).toMatchObject({ status: 200, color: encodes ? '#00ff00' : '#808080' });
  });
});
