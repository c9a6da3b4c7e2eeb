import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFakeKlaviyo } from '../fakes/klaviyo.ts';
import { readImages, requestTarget } from '../fakes/mail-client.ts';
import {
  addCampaign,
  addList,
  addMember,
  addMergeField,
  createAccount,
  sendCampaign,
  startFakeMailchimp,
} from '../fakes/mailchimp.ts';
import { hostileNames } from '../fakes/names.ts';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

const LATE = 50;
/** Fetched side by side. */
const AT_ONCE = 8;
/** So many may find the service busy, of a thousand. */
const MOST_BUSY = 3;
const EMAIL = '<html><head><title>Summer</title></head><body>\n<p>Hello</p>\n[[mergepix]]\n<p>Bye</p></body></html>';
/** What the template shows of somebody it knows nothing of. */
const NOBODY = '#808080';

const names = [
  ...hostileNames,
  ...['*|FNAME|*', '{{ first_name }}', '%%FirstName%%', '../../etc/passwd', 'J.R. Smith', 'Ĺ̶̛u̷c̷y', '\u202eevil'],
  ...['x'.repeat(300), ' spaced  out ', '?c=AAAA&s=1', '__proto__'],
];
/** Somebody whose colour nobody else has. */
const person = (i: number) => ({
  email: `person-${i}@example.com`,
  name: names[i % names.length] as string,
  color: `#${(0x200000 + i * 37).toString(16)}`,
});

/** What left for whom: their address and the whole HTML. */
type Sent = { readonly email: string; readonly html: string };
/** A platform as a marketer uses it; people are added to an audience that the connection syncs. */
type Played = {
  readonly env: Record<string, string>;
  readonly connection: Record<string, unknown>;
  add(person: { readonly email: string; readonly name: string; readonly color: string }): void;
  /** Where the picture goes. */
  readonly into: () => Record<string, unknown>;
  /** Sends what was placed to everybody in the audience. */
  send(): Iterable<Sent>;
  /** What stands in the reference field of so many contacts. */
  references(): string[];
  close(): Promise<void>;
};

async function playKlaviyo(): Promise<Played> {
  const fake = await startFakeKlaviyo({ limits: Number.POSITIVE_INFINITY });
  const account = fake.addAccount();
  const list = account.addList('Everybody');
  const template = account.addTemplate({ editor_type: 'CODE', html: EMAIL });
  return {
    env: { MERGEPIX_KLAVIYO_URL: fake.url },
    connection: {
      ...{ platform: 'klaviyo', apiKey: account.apiKey, audiences: [list.id] },
      mapping: { first_name: 'first_name', color: 'Favourite Colour' },
    },
    add({ email, name, color }) {
      account.join(list, account.addProfile({ email, first_name: name, properties: { 'Favourite Colour': color } }));
    },
    into: () => ({ kind: 'template', id: template.id }),
    *send() {
      const campaign = account.addCampaign({ included: [list.id], templates: [template] });
      for (const { profile, html } of account.send(campaign)) yield { email: profile.email as string, html };
    },
    references: () =>
      [...account.profiles.values()].flatMap(({ properties }) =>
        typeof properties.mergepix === 'string' ? properties.mergepix : [],
      ),
    close: () => fake.close(),
  };
}

async function playMailchimp(escaping: 'escapes' | 'raw'): Promise<Played> {
  const account = createAccount('Acme');
  const fake = await startFakeMailchimp({ accounts: [account] });
  const list = addList(account, 'Everybody', { firstNameTag: 'VORNAME' });
  addMergeField(list, 'COLOUR', 'Favourite colour', 'text');
  const campaign = addCampaign(account, list, EMAIL);
  return {
    env: { MERGEPIX_MAILCHIMP_URL: fake.url },
    connection: {
      ...{ platform: 'mailchimp', apiKey: account.apiKey, audiences: [list.id] },
      mapping: { first_name: 'VORNAME', color: 'COLOUR' },
    },
    add: ({ email, name, color }) => void addMember(list, email, { VORNAME: name, COLOUR: color }, { at: Date.now() }),
    into: () => ({ kind: 'campaign', id: campaign.id }),
    send: () => sendCampaign(account, campaign, escaping),
    references: () =>
      [...list.members.values()].flatMap(({ fields }) => (fields.MERGEPIX ? String(fields.MERGEPIX) : [])),
    close: () => fake.close(),
  };
}

/** What mail clients and the proxies of their providers make of an address on its way. */
const clients: readonly ((target: string) => string)[] = [
  (target) => target,
  (target) => target.replaceAll('%20', '+'),
  (target) => target.replaceAll('&', '&amp;'),
  (target) => `http://img.example.com${target}`,
  (target) => `${target}&utm_source=newsletter&fbclid=x`,
  (target) => target.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()),
];

/** Asks for exactly this target: `fetch` would write it anew. */
const ask = (service: TestService, target: string): Promise<{ status: number; outcome: string }> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(service.url);
    const asking = request({ hostname, port, path: target, agent: false }, (response) => {
      response.resume().on('end', () => {
        resolve({ status: response.statusCode ?? 0, outcome: String(response.headers['x-mergepix-outcome']) });
      });
    });
    asking.on('error', reject).end();
  });

describe.each([
  { name: 'Klaviyo', contacts: 1000, play: playKlaviyo },
  { name: 'Mailchimp', contacts: 1000, play: () => playMailchimp('escapes') },
  { name: 'Mailchimp, should it leave values unescaped', contacts: 100, play: () => playMailchimp('raw') },
])('a campaign on $name', ({ contacts, play }) => {
  let platform: Played;
  let service: TestService;
  const people = Array.from({ length: contacts + LATE }, (_, i) => person(i));
  const sent: Sent[] = [];

  const post = async (path: string, body: unknown): Promise<Record<string, string>> => {
    const answer = await service.api('POST', path, body);
    expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  };

  /** A sync that is over. */
  async function synced(connection: string, mode: string): Promise<unknown> {
    const { id } = await post(`/v1/connections/${connection}/sync`, { mode });
    for (;;) {
      const { body } = await service.api('GET', `/v1/connections/${connection}/sync/${id}`);
      if (!/queued|running/.test((body as { state: string }).state)) return body;
      await pause(50);
    }
  }

  beforeAll(async () => {
    platform = await play();
    service = await startTestService({ MERGEPIX_PUBLIC_URL: 'https://img.example.com', ...platform.env });
    await publish(service, swatch());
    for (const each of people.slice(0, contacts)) platform.add(each);
    const { id } = await post('/v1/connections', platform.connection);
    expect(await synced(id as string, 'full')).toMatchObject({
      state: 'complete',
      read: contacts,
      added: contacts,
      written: contacts,
      refused: 0,
    });
    const { link } = await post(`/v1/connections/${id}/place`, { template: 'swatch', into: platform.into() });
    expect(link).toBeDefined();
    for (const each of people.slice(contacts)) platform.add(each);
    sent.push(...platform.send());
  }, 120_000);
  afterAll(async () => {
    await service?.close();
    await platform?.close();
  });

  it('has a reference of their own for everybody who was synced', () => {
    const references = platform.references();
    expect(new Set(references).size).toBe(contacts);
    expect(references.every((reference) => /^[\w-]{40}$/.test(reference))).toBe(true);
  });

  it('goes out with one picture for everybody, and nothing personal in its address', () => {
    expect(sent).toHaveLength(contacts + LATE);
    for (const { html } of sent) {
      expect(html).toContain('<p>Hello</p>');
      const pictures = readImages(html).filter(({ src }) => src?.startsWith('https://img.example.com/i/'));
      expect(pictures).toHaveLength(1);
      expect(pictures[0]).toMatchObject({ width: '100', height: '40' });
      expect(pictures[0]?.src).not.toMatch(/person-|%40|@example|colou?r/i);
    }
  });

  it('shows everybody their own picture, whichever way it is fetched, and the defaults to who was not synced yet', async () => {
    const wrong: unknown[] = [];
    let busy = 0;
    const open = async ({ email, html }: Sent, i: number): Promise<void> => {
      const who = people.find((each) => each.email === email);
      const src = readImages(html).find((image) => image.src?.startsWith('https://img.example.com/i/'))?.src ?? '';
      const target = requestTarget(src);
      const isLate = people.indexOf(who as never) >= contacts;
      let shown = await look(service.url + target);
      // A machine that runs other tests may be too busy for a moment, and for hardly anybody: they look once more.
      if (/; (?:overloaded|late)$/.test(shown.outcome ?? '') && ++busy <= MOST_BUSY) {
        await pause(1000);
        shown = await look(service.url + target);
      }
      const { status, outcome } = await ask(service, (clients[i % clients.length] as (typeof clients)[0])(target));
      const expected = isLate
        ? { color: NOBODY, outcome: /^defaults/, again: /^defaults/ }
        : { color: who?.color, outcome: /^(rendered|hit)(;|$)/, again: /^hit(;|$)/ };
      const isRight =
        shown.status === 200 &&
        status === 200 &&
        shown.color === expected.color &&
        expected.outcome.test(shown.outcome ?? '') &&
        expected.again.test(outcome);
      if (!isRight) wrong.push({ name: who?.name, target, shown: { ...shown, bytes: 0, headers: 0 }, status, outcome });
    };
    for (let i = 0; i < sent.length; i += AT_ONCE)
      await Promise.all(sent.slice(i, i + AT_ONCE).map((mail, j) => open(mail, i + j)));
    expect(wrong).toEqual([]);
  }, 120_000);

  it('shows the name itself as anybody gets it who asks for that picture', async () => {
    for (const { email, html } of sent.slice(0, names.length)) {
      const { name, color } = people.find((each) => each.email === email) as (typeof people)[0];
      const src = readImages(html).find((image) => image.src?.startsWith('https://img.example.com/i/'))?.src ?? '';
      const order = { template: 'swatch', data: { first_name: name, color } };
      const made = await service.api('POST', '/v1/generate', order);
      if (made.status === 422) continue;
      const { url } = made.body as { url: string };
      const [hers, plain] = await Promise.all([
        look(service.url + requestTarget(src)),
        look(service.url + requestTarget(url)),
      ]);
      expect(hers.bytes.equals(plain.bytes), name).toBe(true);
    }
  });

  it('finds nothing new when it is synced again, and writes nothing', async () => {
    const before = platform.references();
    const { data } = (await service.api('GET', '/v1/connections')).body as { data: { id: string }[] };
    const id = data[0]?.id ?? '';
    expect(await synced(id, 'incremental')).toMatchObject({
      state: 'complete',
      added: LATE,
      changed: 0,
      written: LATE,
    });
    const after = new Set(platform.references());
    expect(after.size).toBe(contacts + LATE);
    expect(before.every((reference) => after.has(reference))).toBe(true);
  });

  it('writes nobody down by name', () => {
    expect(service.log.filter((line) => /person-\d|O'Brien|Amira/.test(line))).toEqual([]);
  });
});
