import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EmailBlock } from '../../core/links/place.ts';
import { placeInHtml } from '../../core/links/place.ts';
import type { Connector, PlaceTarget } from '../../integrations/connector.ts';
import { type Placing, type PlacingOrder, placePicture } from '../../server/connections/place.ts';
import { keepConnection } from './connection.ts';
import { publish, startTestService, swatch, type TestService } from './service.ts';

const EMAIL = '<html>\n<body>\n<p>Hello</p>\n</body>\n</html>';
const by = { workspace: 'default', id: 'somebody' };

let service: TestService;
let connection: string;
/** The email as its platform keeps it, and the last block that was to be placed. */
let email: string;
let block: EmailBlock;

const connector = {
  async place(_: PlaceTarget, given: EmailBlock, dryRun: boolean) {
    block = given;
    const before = email;
    const after = placeInHtml(before, given);
    if (!dryRun) email = after;
    return { changes: before === after ? [] : [{ part: 'HTML', before, after }], notes: ['Look at it once more.'] };
  },
} as unknown as Connector;

const place = (order: Partial<PlacingOrder> = {}): Promise<Placing> =>
  placePicture(
    { ...service.services, connectors: { ...service.services.connectors, open: async () => connector } },
    by,
    {
      ...{ connection, into: { kind: 'template', id: 'T1' }, dryRun: false },
      ...({ template: 'swatch', ...order } as { template: string }),
    },
  );
const linksKept = () =>
  service.services.records.selectFrom('links').selectAll().where('template', '=', 'swatch').execute();

beforeAll(async () => {
  service = await startTestService({ MERGEPIX_PUBLIC_URL: 'https://img.example.com' });
  await publish(service, swatch({ variants: { story: { size: { width: 60, height: 90 } } } }));
  const { body } = await service.api('POST', '/v1/contacts', { fields: { first_name: 'Amira' } });
  connection = await keepConnection(service, (body as { id: string }).id);
});
beforeEach(() => {
  email = EMAIL;
});
afterAll(() => service.close());

describe('placing a picture', () => {
  it('shows with a dry run what would change, and keeps and changes nothing', async () => {
    const { changes } = await place({ dryRun: true });
    expect(email).toBe(EMAIL);
    expect(await linksKept()).toEqual([]);
    expect(changes).toMatchObject([
      { part: 'HTML', difference: expect.stringMatching(/^@@ line 2 @@\n-.*\n\+.*<img /) },
    ]);
    expect(changes[0]?.difference).not.toContain('Hello');
  });

  it('puts it in, says what is to be known, and writes down who did it', async () => {
    const { link, notes, step } = await place({ href: 'https://shop.example.com/' });
    expect(email).toContain(`<!-- mergepix:${link} -->`);
    expect(email).toContain('href="https://shop.example.com/"');
    expect(email).toContain("c={{ person|lookup:'mergepix'|default:''|urlencode }}");
    expect(email.replace(/<!-- mergepix:.*<!-- \/mergepix:.*? -->/s, '')).toBe(EMAIL);
    expect(notes[0]).toBe('Look at it once more.');
    expect(notes).toContain('color is not mapped: everybody sees its fallback.');
    expect(step).toBeNull();
    const { body } = await service.api('GET', `/v1/audit?subject=${link}`);
    expect((body as { data: { action: string }[] }).data.map(({ action }) => action)).toEqual([
      ...['link.placed', 'link.created'],
    ]);
  });

  it('again changes nothing, with the same link', async () => {
    const first = await place();
    const kept = email;
    const second = await place();
    expect(second).toMatchObject({ link: first.link, changes: [] });
    expect(email).toBe(kept);
    expect(await linksKept()).toHaveLength(1);
  });

  it('takes or makes another link for another size of the template', async () => {
    const own = await place();
    const story = await place({ variant: 'story' } as Partial<PlacingOrder>);
    expect(story.link).not.toBe(own.link);
    expect(block.html).toContain('height="90"');
    expect(await place({ variant: 'story' } as Partial<PlacingOrder>)).toMatchObject({ link: story.link, changes: [] });
  });

  it('takes a link that was made for the connection as it is', async () => {
    const made = await service.api('POST', '/v1/links', {
      ...{ template: 'swatch', connection, fields: { color: { from: 'fixed', value: '#0000ff' } } },
    });
    const { id } = made.body as { id: string };
    expect(await place({ template: undefined, link: id } as never)).toMatchObject({ link: id });
    await service.api('DELETE', `/v1/links/${id}`);
    await expect(place({ template: undefined, link: id } as never)).rejects.toMatchObject({
      code: 'place_refused',
      message: 'This link was revoked or has expired: make another one.',
    });
  });

  it("refuses another connection's link, and a stranger's", async () => {
    const { body } = await service.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo' });
    await expect(place({ template: undefined, link: (body as { id: string }).id } as never)).rejects.toMatchObject({
      code: 'place_refused',
    });
    await expect(place({ template: undefined, link: 'nothing-there-01' } as never)).rejects.toMatchObject({
      code: 'link_not_found',
    });
    expect(email).toBe(EMAIL);
  });

  it('marks a campaign by its own id where the platform has no tag for it, unless a marker is given', async () => {
    await place({ into: { kind: 'campaign', id: 'C42' } });
    expect(block.image.src).toMatch(/&s=C42$/);
    await place({ into: { kind: 'campaign', id: 'C42' }, send: 'spring' });
    expect(block.image.src).toMatch(/&s=spring$/);
    await place();
    expect(block.image.src).not.toContain('&s=');
  });

  it('tells for the email of a flow which step makes its pictures in time', async () => {
    const { step } = await place({ into: { kind: 'flow-message', id: 'M1' } });
    expect(step).toMatchObject({
      url: `https://img.example.com/v1/connections/${connection}/webhook`,
      header: 'X-Mergepix-Secret',
    });
    expect(JSON.parse(step?.body ?? '')).toEqual({ profile: '{{ person.KlaviyoID }}', pictures: [block.image.src] });
  });

  it('is refused while nobody could open the picture', async () => {
    const services = { ...service.services, publicUrl: 'http://localhost:8080' };
    const order = { connection, template: 'swatch', into: { kind: 'template', id: 'T1' }, dryRun: true } as const;
    await expect(placePicture(services, by, order)).rejects.toMatchObject({
      code: 'place_refused',
      message: 'Set MERGEPIX_PUBLIC_URL to the public https address of this service first.',
    });
  });

  it('is refused while the platform refuses the connection, with its reason', async () => {
    const error = (text: string | null) =>
      service.services.records.updateTable('connections').set({ error: text }).execute();
    await error('Klaviyo does not know this key: renew it.');
    await expect(place()).rejects.toMatchObject({ code: 'connection_refused', message: /does not know this key/ });
    await error(null);
  });

  it.each([
    ['neither a template nor a link', {}, 400],
    ['a section of what has none', { template: 'swatch', into: { kind: 'template', id: 'T1', section: 'x' } }, 400],
    ['an id that is a path', { template: 'swatch', into: { kind: 'template', id: '../x' } }, 400],
    ['a template that is not published', { template: 'nothing' }, 404],
    ['an address that is none', { template: 'swatch', href: 'shop' }, 422],
  ])('over the API is refused with %s', async (_, given, status) => {
    const order = { into: { kind: 'template', id: 'T1' }, dryRun: true, ...given };
    expect((await service.api('POST', `/v1/connections/${connection}/place`, order)).status).toBe(status);
  });
});
