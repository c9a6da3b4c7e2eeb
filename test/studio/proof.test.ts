import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { places } from '../../core/node/places.ts';
import { applyContract } from '../../core/template/contract.ts';
import { digestOf } from '../../server/access/api-keys.ts';
import { makeSignIn } from '../../server/access/sign-in.ts';
import { readTemplateFolder } from '../../server/assets/folder.ts';
import { alike } from '../browser/alike.ts';
import { fitsOf } from '../browser/fits.ts';
import { adminKey, look, startTestService, type TestService } from '../e2e/service.ts';
import { readImage } from '../fakes/mail-client.ts';
import { fillAs } from '../fakes/platforms.ts';
import { decode } from '../golden/compare.ts';
import { realChromium } from '../real/chromium.ts';
import { describeReal } from '../real/describe.ts';

const NAME = 'summer-rewards-hero';
const WAIT = { timeout: 30_000 };
/** How alike what the page showed and what a recipient is served have to be, within the box of each text and as a whole. */
const LEAST = { text: 0.95, whole: 0.98 };
/** How much script the pages may load before anything can be seen, in compressed bytes. */
const MOST_SCRIPT = 200_000;

const PEOPLE = [
  ['Amira', '2450', 'gold'],
  ['Wolfeschlegelsteinhausenbergerdorff', '12', 'silver'],
  ['test', '7', 'gold'],
  ['*|FNAME|*', '5', 'silver'],
  ['', '1', 'gold'],
  ['渡辺 美咲', '88', 'silver'],
  ['أميرة', '640', 'gold'],
  ["Seán O'Neil", '31', 'silver'],
  ...['Bo', 'Zoë', 'Noor', 'Li', 'Max', 'Ida', 'Kim', 'Pat', 'Ana', 'Sven', 'Oluwaseun', 'Jean-Baptiste'].map(
    (name, i) => [name, String(100 + i), i % 2 === 0 ? 'gold' : 'silver'],
  ),
] as [string, string, string][];

let service: TestService;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mergepix-'));
  await cp(join(places.samples, NAME), join(folder, 'samples', NAME), { recursive: true });
  service = await startTestService({ MERGEPIX_DATA_DIR: folder });
});
afterAll(() => service.close());

/** What the page says of its texts: by layer, their size and lines. */
const shownTexts = (page: Page) =>
  page.locator('.texts li').evaluateAll((all) =>
    all.map((each) => ({
      layer: each.querySelector('strong')?.textContent,
      size: each.querySelector('.about')?.textContent,
      lines: [...each.querySelectorAll('.line')].map((line) => line.textContent),
    })),
  );

describeReal(realChromium, 'a marketer who was sent a link', (browser: () => Browser) => {
  it('leaves with a block whose picture is the very one the page showed', { timeout: 120_000 }, async () => {
    const context = await browser().newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    const scripts = new Map<string, number>();
    page.on('response', async (response) => {
      if (response.url().endsWith('.js')) scripts.set(response.url(), gzipSync(await response.body()).length);
    });
    const weight = () => [...scripts.values()].reduce((sum, bytes) => sum + bytes, 0);

    // Signs in by the link, and opens the template.
    const token = await makeSignIn(service.services.records, 'default', digestOf(adminKey), Date.now());
    await page.goto(`${service.url}/studio/#sign-in=${token}`);
    await page.getByRole('heading', { name: 'Templates' }).waitFor(WAIT);
    expect(weight()).toBeLessThan(MOST_SCRIPT);
    await page.getByRole('link', { name: /Summer rewards hero/ }).click();
    const canvas = page.locator('.live canvas');
    const pixels = () => canvas.evaluate((each) => (each as HTMLCanvasElement).toDataURL());
    await page
      .getByRole('img', { name: /Welcome back/ })
      .first()
      .waitFor(WAIT);

    // Types a name, and sees it painted.
    const before = await pixels();
    await page.getByLabel('First name').fill('Ngozi');
    await page.getByRole('img', { name: /Welcome back, Ngozi/ }).waitFor(WAIT);
    expect(await pixels()).not.toBe(before);

    // Pastes 20 people from a spreadsheet, and is told at a glance who has to be looked at.
    const table = [['First Name', 'Points', 'Tier'], ...PEOPLE].map((cells) => cells.join('\t')).join('\n');
    await page.getByRole('radio', { name: 'A table' }).click();
    await page.evaluate((text) => navigator.clipboard.writeText(text), table);
    await page.getByLabel('Paste a table').focus();
    await page.keyboard.press('Control+V');
    await page.getByText('20 rows, 4 to look at').waitFor(WAIT);
    await page.getByText('Only those to look at').click();
    const rows = page.getByRole('listbox', { name: 'Rows' }).getByRole('option');
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringMatching(/^2\s+Wolfe[\s\S]+Smaller$/),
      expect.stringMatching(/^3\s+test[\s\S]+Junk$/),
      expect.stringMatching(/^4\s[\s\S]+Un-replaced tag$/),
      expect.stringMatching(/^5\s[\s\S]+Blank$/),
    ]);

    // Steps to the longest name, and looks at it in the matrix of all sets, too.
    await rows.first().click();
    await page.getByRole('img', { name: /Wolfeschlegelsteinhausenbergerdorff/ }).waitFor(WAIT);
    await page.getByText('How the texts are set').click();
    const [longest = ''] = PEOPLE[1] ?? [];
    const values = { first_name: longest, points: '12', tier: 'silver' };
    const { template } = await readTemplateFolder(join(places.samples, NAME));
    const drawn = applyContract(template.fields, values).values;
    const expected = fitsOf(template, drawn).map(({ layer, size, lines }) => ({ layer, size: `${size} px`, lines }));
    expect(await shownTexts(page)).toEqual(expected);
    const shown = await decode(Buffer.from((await pixels()).split(',')[1] ?? '', 'base64'));
    await page.getByRole('tab', { name: 'Does it fit' }).click();
    await expect.poll(() => page.locator('.matrix li').count(), WAIT).toBeGreaterThanOrEqual(8);

    // Copies the block for Mailchimp, and looks at what somebody who is known gets.
    await page.getByRole('tab', { name: 'Copy the block' }).click();
    await page.getByRole('button', { name: 'Make the block' }).click();
    await page.getByText('The defaults: the address names nobody').waitFor(WAIT);
    await page.getByRole('button', { name: 'A test contact with the data from Try' }).click();
    const region = page.getByRole('region', { name: 'What a recipient gets' });
    const received = region.getByRole('img');
    await expect.poll(() => received.getAttribute('alt'), WAIT).toContain(longest);
    await region.getByText(/^(?:Drawn just now|Made before)$/).waitFor(WAIT);
    await page.getByRole('button', { name: 'Copy: For the email' }).click();
    await page.getByRole('button', { name: 'Copied: For the email' }).waitFor({ ...WAIT, state: 'attached' });
    const block = await page.evaluate(() => navigator.clipboard.readText());

    // Mailchimp sends it, and a mail client opens it.
    const { body } = await service.api('POST', '/v1/contacts', { key: 'somebody', fields: values });
    const profile = { MERGEPIX: (body as { reference: string }).reference, FNAME: longest };
    const sent = fillAs('mailchimp', block, profile);
    const { attributes } = readImage(sent.slice(sent.indexOf('<img')));
    expect(attributes.alt).toBe(`Welcome back, ${longest}. Your summer rewards are waiting.`);
    const { status, outcome, bytes } = await look(attributes.src ?? '');
    expect([status, outcome]).toEqual([200, 'hit']);
    expect(await received.getAttribute('src')).toBe(`data:image/jpeg;base64,${bytes.toString('base64')}`);
    const served = await decode(bytes);
    const { scale } = template.output;
    const similarity = alike(served, shown);
    for (const { id, type, box } of template.layers) {
      if (type !== 'text' || !expected.some(({ layer }) => layer === id)) continue;
      const part = { x: box.x * scale, y: box.y * scale, width: box.width * scale, height: box.height * scale };
      expect(similarity(part), id).toBeGreaterThan(LEAST.text);
    }
    expect(similarity()).toBeGreaterThan(LEAST.whole);
    await context.close();
  });
});
