import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeKlaviyo, type KlaviyoAccount, startFakeKlaviyo } from '../fakes/klaviyo.ts';
import { makeFolder, run, writeTemplate } from './command.ts';

const folder = makeFolder();
const EMAIL = '<body>\n<p>Hello</p>\n[[mergepix]]\n</body>';
let klaviyo: FakeKlaviyo;
let account: KlaviyoAccount;
let connection: string;

const mergepix = (args: readonly string[], env: Record<string, string> = {}) =>
  run(folder, args, {
    MERGEPIX_KLAVIYO_URL: klaviyo.url,
    MERGEPIX_PUBLIC_URL: 'https://img.example.com',
    ...env,
  });
const place = (into: string, ...more: string[]) =>
  mergepix(['place', 'card', '--connection', connection, '--into', into, ...more]);

beforeAll(async () => {
  klaviyo = await startFakeKlaviyo();
  account = klaviyo.addAccount();
  await mergepix(['template', 'publish', join(folder, await writeTemplate(folder))]);
  writeFileSync(join(folder, 'klaviyo.key'), account.apiKey);
  const key = ['--key-file', 'klaviyo.key', '--map', 'first_name=first_name'];
  const added = await mergepix(['connection', 'add', 'klaviyo', ...key, '--json']);
  connection = (JSON.parse(added.out) as { id: string }).id;
}, 60_000);
afterAll(() => klaviyo.close());

describe('mergepix link --connection', () => {
  it("asks for the contact's reference and names what nothing fills", async () => {
    const { code, out, err } = await mergepix(['link', 'card', '--connection', connection]);
    expect(code).toBe(0);
    expect(out).toContain("?c={{ person|lookup:'mergepix'|default:''|urlencode }}");
    expect(err).toContain('note: tier is not mapped: everybody sees its fallback.');
    expect(err).not.toContain('first_name is not mapped');
  });

  it('wants to know who sends the email, from one of the two', async () => {
    expect(await mergepix(['link', 'card'])).toMatchObject({ code: 1, err: expect.stringContaining('--platform') });
    const both = await mergepix(['link', 'card', '--platform', 'klaviyo', '--connection', connection]);
    expect(both.code).toBe(2);
    const lost = await mergepix(['link', 'card', '--connection', connection, '--workspace', 'nowhere']);
    expect([lost.code, lost.err]).toEqual([1, expect.stringContaining('There is no open workspace nowhere')]);
  });

  it('tells no webhook of a picture whose tags are those of another platform', async () => {
    const { out } = await mergepix(['link', 'card', '--platform', 'mailchimp', '--json']);
    const { id } = JSON.parse(out) as { id: string };
    const { code, err } = await mergepix(['connection', 'webhook', connection, '--link', id]);
    expect([code, err]).toEqual([1, expect.stringContaining('was made for something else')]);
    const own = await mergepix(['link', 'card', '--platform', 'klaviyo', '--json']);
    const args = ['connection', 'webhook', connection, '--link', (JSON.parse(own.out) as { id: string }).id];
    expect((await mergepix(args)).out).toContain("person|lookup:'mergepix'");
  });
});

describe('mergepix place', () => {
  it('says what is neither a template nor a link', async () => {
    const { code, err } = await mergepix(['place', 'crad', '--connection', connection, '--into', 'template:X']);
    expect([code, err]).toEqual([1, expect.stringContaining('crad is neither a published template nor a link')]);
  });

  it('prints the difference and changes nothing with --dry-run, and then does it', async () => {
    const template = account.addTemplate({ editor_type: 'CODE', html: EMAIL });
    const dry = await place(`template:${template.id}`, '--dry-run');
    expect([dry.code, dry.out]).toEqual([
      0,
      expect.stringMatching(/^--- HTML\n@@ line 3 @@\n-\[\[mergepix\]\]\n\+<!-- merge/),
    ]);
    expect(dry.out).toMatch(/nothing was changed yet\n$/);
    expect(template.html).toBe(EMAIL);
    const done = await place(`template:${template.id}`, '--href', 'https://shop.example.com/');
    expect([done.code, done.out]).toEqual([0, expect.stringMatching(/placed link \S{16}\n$/)]);
    expect(template.html).toContain('<a href="https://shop.example.com/"');
    const again = await place(`template:${template.id}`, '--href', 'https://shop.example.com/');
    expect([again.code, again.out]).toEqual([0, 'the picture stands there already\n']);
  }, 60_000);

  it('prints the step that comes before the email of a flow', async () => {
    const email = account.addTemplate({ editor_type: 'CODE', html: EMAIL });
    const flow = account.addFlow('Welcome', [{ email }]);
    const { code, out, err } = await place(`flow-message:${flow.actions[0]?.message?.id}`);
    expect(code).toBe(0);
    expect(out).toContain(`URL: https://img.example.com/v1/connections/${connection}/webhook`);
    expect(out).toContain('"profile": "{{ person.KlaviyoID }}"');
    expect(err).toContain('note: No webhook step');
  });

  it.each([
    ['what it does not know', 'page:X', 2, 'template:ID'],
    ['a section where there is none', 'template:X/hero', 2, 'template:ID'],
    ['an email there is not', 'template:Nothing', 1, 'Klaviyo has no template Nothing'],
  ])('refuses %s', async (_, into, code, sentence) => {
    expect(await place(into)).toMatchObject({ code, err: expect.stringContaining(sentence) });
  });

  it('places nothing that no recipient could open', async () => {
    const args = ['place', 'card', '--connection', connection, '--into', 'template:X'];
    const { code, err } = await mergepix(args, { MERGEPIX_PUBLIC_URL: 'http://localhost:8080' });
    expect([code, err]).toEqual([1, expect.stringContaining('Set MERGEPIX_PUBLIC_URL')]);
  });
});
