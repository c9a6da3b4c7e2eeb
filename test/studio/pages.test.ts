import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signToken } from '../../core/links/token.ts';
import { places } from '../../core/node/places.ts';
import { digestOf } from '../../server/access/api-keys.ts';
import { makeSignIn } from '../../server/access/sign-in.ts';
import { createFigures } from '../../server/observe/figures.ts';
import { readOutcome } from '../../server/observe/shown.ts';
import { alike } from '../browser/alike.ts';
import { adminKey, publish, startTestService, swatch, type TestService } from '../e2e/service.ts';
import { realChromium } from '../real/chromium.ts';
import { describeReal } from '../real/describe.ts';
import { barriersOf } from './barriers.ts';

async function decode(url: string) {
  const bytes = Buffer.from(url.split(',')[1] ?? '', 'base64');
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

const WAIT = { timeout: 20_000 };
let service: TestService;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mergepix-'));
  for (const name of ['summer-rewards-hero', 'event-badge']) {
    await cp(join(places.samples, name), join(folder, 'samples', name), { recursive: true });
  }
  service = await startTestService({ MERGEPIX_DATA_DIR: folder });
});
afterAll(() => service.close());

describeReal(realChromium, 'the studio', (browser: () => Browser) => {
  let page: Page;
  let broken: string[];

  beforeEach(async () => {
    const context = await browser().newContext({ viewport: { width: 1280, height: 860 } });
    page = await context.newPage();
    broken = [];
    page.on('pageerror', (error) => broken.push(error.message));
  });
  afterEach(async () => {
    await page.context().close();
    expect(broken).toEqual([]);
  });

  const open = (path = '') => page.goto(`${service.url}/studio${path}`);
  async function signIn(path = '/'): Promise<void> {
    const token = await makeSignIn(service.services.records, 'default', digestOf(adminKey), Date.now());
    await open(`${path}#sign-in=${token}`);
  }
  const see = (text: string | RegExp) => page.getByText(text).first().waitFor(WAIT);

  it('lets in who has a key, by keyboard alone, and keeps out who has not', async () => {
    await open('/');
    await page.getByLabel('API key').focus();
    await page.keyboard.type('mpx_wrong');
    await page.keyboard.press('Enter');
    await see('This key is not in force here');
    await page.getByLabel('API key').fill(adminKey);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Templates' }).waitFor(WAIT);
    await page.reload();
    await page.getByRole('heading', { name: 'Templates' }).waitFor(WAIT);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor(WAIT);
  });

  it('opens by a sign-in link, which leaves the address, and says when one was used', async () => {
    const token = await makeSignIn(service.services.records, 'default', digestOf(adminKey), Date.now());
    await open(`/#sign-in=${token}`);
    await page.getByRole('heading', { name: 'Templates' }).waitFor(WAIT);
    expect(page.url()).not.toContain(token);
    await page.context().clearCookies();
    await page.goto('about:blank');
    await open(`/#sign-in=${token}`);
    await see('This sign-in link was used or is too old');
  });

  it('shows every template as a picture and finds one by its name', async () => {
    await signIn();
    const pictures = page.locator('.tile .frame img');
    await expect.poll(() => pictures.count(), WAIT).toBe(2);
    const isDrawn = (each: Element) => (each as HTMLImageElement).naturalWidth > 0;
    await expect.poll(() => pictures.evaluateAll((all) => all.every((each) => each)), WAIT).toBe(true);
    await expect.poll(() => pictures.first().evaluate(isDrawn), WAIT).toBe(true);
    await page.getByLabel('Search by name').fill('Badge');
    await expect.poll(() => pictures.count(), WAIT).toBe(1);
    await page.getByLabel('Search by name').fill('nothing like it');
    await see('No template is called like this.');
  });

  it('shows every size of a template, and tries, judges and copies the one that is chosen', async () => {
    await signIn();
    const story = page.getByRole('img', { name: 'Story, 540 × 960' });
    await story.waitFor(WAIT);
    await story.scrollIntoViewIfNeeded();
    const sizeOf = (each: Element) => [
      (each as HTMLImageElement).naturalWidth,
      (each as HTMLImageElement).naturalHeight,
    ];
    await expect.poll(() => story.evaluate(sizeOf), WAIT).toEqual([1080, 1920]);
    await open('/templates/summer-rewards-hero');
    await page.getByRole('radio', { name: 'Story' }).click();
    await see('540 × 960');
    expect(page.url()).toContain('size=story');
    const canvas = page.locator('.live canvas');
    const ratio = async () => {
      const box = await canvas.boundingBox();
      return box && Math.round((box.height / box.width) * 100);
    };
    await expect.poll(ratio, WAIT).toBe(178);
    await page.getByRole('tab', { name: 'Does it fit' }).click();
    const cells = page.locator('.cell img');
    await expect
      .poll(
        () =>
          cells
            .first()
            .getAttribute('height')
            .catch(() => null),
        WAIT,
      )
      .toBe('960');
    await page.getByRole('tab', { name: 'Copy the block' }).click();
    await page.getByRole('button', { name: 'Make the block' }).click();
    await expect.poll(() => page.locator('pre').first().textContent(), WAIT).toContain('height="960"');
  });

  it('tells a newcomer what to do once, and finds templates by their tags, also when the page is loaded again', async () => {
    for (const [name, tags] of Object.entries({
      'summer-rewards-hero': ['summer', 'hero'],
      'event-badge': ['events'],
    })) {
      expect((await service.api('PUT', `/v1/templates/${name}`, { tags })).status).toBe(200);
    }
    await signIn();
    const tiles = page.locator('.tile');
    await see('From a design to a picture for everybody');
    await page.getByRole('button', { name: 'Put the introduction away' }).click();
    await page.getByRole('button', { name: 'events' }).click();
    await expect.poll(() => tiles.count(), WAIT).toBe(1);
    await page.reload();
    await page.getByRole('button', { name: 'events', pressed: true }).waitFor(WAIT);
    expect(await page.getByText('From a design to a picture').count()).toBe(0);
    await expect.poll(() => tiles.count(), WAIT).toBe(1);
    await page.getByRole('button', { name: 'summer' }).click();
    await page.locator('.tile', { hasText: 'Summer rewards hero' }).waitFor(WAIT);
    await page.getByRole('button', { name: 'All tags' }).click();
    await expect.poll(() => tiles.count(), WAIT).toBe(2);
  });

  const live = () => page.getByRole('img', { name: /Welcome back/ }).first();
  const pixels = () => page.locator('.live canvas').evaluate((each) => (each as HTMLCanvasElement).toDataURL());

  it('draws what is typed, says what is wrong with it, and loses nothing when the page is loaded again', async () => {
    await signIn('/templates/summer-rewards-hero');
    await live().waitFor(WAIT);
    const before = await pixels();
    await page.getByLabel('First name').fill('Oluwaseun');
    await page.getByRole('img', { name: /Oluwaseun/ }).waitFor(WAIT);
    await expect.poll(pixels, WAIT).not.toBe(before);
    await page.getByLabel('Points').fill('plenty');
    await see('expected a number such as 2450.5');
    await page.reload();
    await expect.poll(() => page.getByLabel('First name').inputValue(), WAIT).toBe('Oluwaseun');
    await page.getByRole('button', { name: 'Arabic' }).click();
    await page.getByRole('img', { name: /\p{Script=Arabic}/u }).waitFor(WAIT);
  });

  it('says what only the finished picture tells', async () => {
    await signIn('/templates/event-badge');
    await see('where an email');
  });

  it('judges the patterns of fields as the service does, and loads what that takes only for those', async () => {
    const { fields } = swatch();
    await publish(
      service,
      // A flag that JavaScript's own expressions do not know.
      swatch({
        name: 'ticket',
        fields: { ...fields, first_name: { ...fields.first_name, fallback: '', pattern: '(?i)vip-\\d{3}' } },
      }),
    );
    const scripts: string[] = [];
    page.on('request', (request) => {
      if (request.resourceType() === 'script') scripts.push(request.url());
    });
    await signIn('/templates/summer-rewards-hero');
    await live().waitFor(WAIT);
    const others = [...scripts];
    await open('/templates/ticket');
    await page.locator('.live canvas').waitFor(WAIT);
    expect(scripts.filter((url) => !others.includes(url))).toHaveLength(1);
    await page.getByLabel('first_name').fill('VIP-12');
    await see('expected text in the form this field asks for');
    await page.getByLabel('first_name').fill('VIP-123');
    await page.getByRole('img', { name: 'A colour for VIP-123' }).waitFor(WAIT);
    await page.getByRole('radio', { name: 'A table' }).click();
    await page.getByLabel('Paste a table').fill('first_name\nvip-456\nAmira\n');
    await page.getByRole('button', { name: 'Use it' }).click();
    await see('2 rows, 1 to look at');
    await page.locator('.live canvas').waitFor(WAIT);
  });

  const TABLE = [
    'Vorname;Loyalty points;VIP tier;Note',
    'Amira;2450;gold;x',
    'Wolfeschlegelsteinhausenbergerdorff;12;silver;',
    'test;7;gold;',
    ';5;silver;',
  ].join('\r\n');

  it('steps through the rows of a pasted table, each told at a glance, and keeps it', async () => {
    await signIn('/templates/summer-rewards-hero');
    await page.getByRole('radio', { name: 'A table' }).click();
    await page.getByLabel('Paste a table').fill('only one line');
    await page.getByRole('button', { name: 'Use it' }).click();
    await see('There are no rows in it');
    await page.getByLabel('Paste a table').fill(TABLE);
    await page.getByRole('button', { name: 'Use it' }).click();
    await see('4 rows, 3 to look at');
    await see('3 of 5 fields have a column');
    const rows = page.getByRole('listbox', { name: 'Rows' }).getByRole('option');
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringMatching(/Amira[\s\S]*Fits/),
      expect.stringMatching(/Wolfe[\s\S]*Smaller/),
      expect.stringMatching(/test[\s\S]*Junk/),
      expect.stringMatching(/Blank/),
    ]);
    await rows.first().focus();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('img', { name: /Wolfeschlegelsteinhausenbergerdorff/ }).waitFor(WAIT);
    await page.getByText('Columns').click();
    await page.getByRole('button', { name: /First name/ }).click();
    await page.getByRole('option', { name: 'Note' }).click();
    await expect.poll(() => page.getByLabel('First name').last().inputValue(), WAIT).toBe('');
    await page.reload();
    await see('4 rows, 3 to look at');
    await page.getByRole('button', { name: 'Another table' }).click();
    await page.getByLabel('Paste a table').waitFor(WAIT);
  });

  it('shows a contact by what they are known by, and says when nobody is', async () => {
    const known = { key: 'crm-7', fields: { first_name: 'Ngozi', tier: 'gold' } };
    expect((await service.api('POST', '/v1/contacts', known)).status).toBe(201);
    await signIn('/templates/summer-rewards-hero');
    await page.getByRole('radio', { name: 'A contact' }).click();
    const search = page.getByLabel('Email, your own key, or the platform’s id');
    await search.fill('nobody@example.com');
    await page.keyboard.press('Enter');
    await see('Nobody is known by that yet');
    await search.fill('crm-7');
    await page.keyboard.press('Enter');
    await see('2 of 5 fields are known. Blank: Points, Portrait, Offer ends.');
    await page.getByRole('img', { name: /Ngozi/ }).waitFor(WAIT);
    await page.getByLabel('First name').fill('Ngozi Ada');
    await page.getByRole('img', { name: /Ngozi Ada/ }).waitFor(WAIT);
    await see('Changed by hand');
  });

  it('shows what the service draws beside what the page paints', async () => {
    await signIn('/templates/summer-rewards-hero');
    await page.getByLabel('First name').fill('Wilhelmina');
    await page.getByText('Show what the service draws beside it').click();
    const drawn = page.locator('.preview.compact img');
    await expect.poll(() => drawn.getAttribute('alt'), WAIT).toContain('Wilhelmina');
    await page
      .getByRole('img', { name: /Wilhelmina/ })
      .first()
      .waitFor(WAIT);
    const service = await drawn.evaluate((each) => (each as HTMLImageElement).src);
    const [a, b] = await Promise.all([service, await pixels()].map(decode));
    if (!a || !b) throw new Error('a picture is missing');
    expect([a.width, a.height]).toEqual([b.width, b.height]);
    expect(alike(a, b)()).toBeGreaterThan(0.97);
  });

  it('shows every set of data side by side with what was noticed', async () => {
    await signIn('/templates/summer-rewards-hero');
    await page.getByRole('tab', { name: 'Does it fit' }).click();
    const cells = page.locator('.cell img');
    await expect.poll(() => cells.count(), WAIT).toBeGreaterThanOrEqual(8);
    await see(/set in \d+ px instead of \d+ px/);
    await see('First name, Tier, Points, Portrait, Offer ends: the fallback is drawn.');
    await see(/^\d+ kinds of people, all fit/);
    await page.getByRole('button', { name: /^Smaller/ }).click();
    await expect.poll(() => cells.count(), WAIT).toBeLessThan(4);
    await page.reload();
    await page.getByRole('button', { name: /^Smaller/, pressed: true }).waitFor(WAIT);
    await expect.poll(() => cells.count(), WAIT).toBeLessThan(4);
    await page.getByRole('link', { name: 'Try it with Longest' }).click();
    await expect.poll(() => page.getByLabel('First name').inputValue(), WAIT).toContain('Wolfeschlegel');
  });

  it('shows the picture in an email as mail apps do, with and without it, and keeps what was chosen', async () => {
    await signIn('/templates/summer-rewards-hero?show=inbox');
    const widths = () =>
      page.locator('.mail .column > :first-child').evaluateAll((all) => all.map((each) => each.clientWidth));
    const choose = (name: string) => page.getByRole('radio', { name, exact: true }).click();
    const picture = page.locator('.desktop img');
    const pixels = () => picture.evaluate((each) => (each as HTMLImageElement).naturalWidth);
    await picture.waitFor(WAIT);
    await expect.poll(pixels, WAIT).toBe(1200);
    expect(await widths()).toEqual([600, 343]);
    await choose('1×');
    await expect.poll(pixels, WAIT).toBe(600);
    await see('at 1× letters in the picture look soft there');
    await choose('2×');
    await choose('No width');
    await expect.poll(widths, WAIT).toEqual([1200, 1200]);
    await see('all 1200 pixels of the file are shown');
    await choose('Outlook');
    await choose('Blocked');
    await see(/prevented automatic download.*Welcome back, Amira/);
    await page.getByRole('button', { name: /Data/ }).click();
    await page.getByRole('option', { name: 'Blank' }).click();
    await page.reload();
    await see(/prevented automatic download.*Welcome back, friend/);
    await choose('Gmail');
    await see('Images are not shown');
    expect(await page.getByText('prevented automatic download').count()).toBe(0);
  });

  it('makes the block for a platform, which a recipient can open', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await signIn('/templates/summer-rewards-hero?show=copy');
    await page.getByRole('button', { name: /Platform/ }).click();
    await page.getByRole('option', { name: 'Klaviyo' }).click();
    await page.getByRole('button', { name: 'Make the block' }).click();
    await see("{{ person|lookup:'mergepix'|default:''|urlencode }}");
    await page.getByRole('button', { name: 'Copy: The address alone' }).click();
    await page.getByRole('button', { name: 'Copied: The address alone' }).waitFor({ ...WAIT, state: 'attached' });
    const url = await page.evaluate(() => navigator.clipboard.readText());
    const shown = await fetch(url.replace(/\{\{.*?\}\}/, ''));
    expect([shown.status, shown.headers.get('x-mergepix-outcome')]).toEqual([200, 'defaults; contact-blank']);
  });

  it('says where each field comes from, in place what a platform cannot have, and what a recipient then gets', async () => {
    await signIn('/templates/summer-rewards-hero');
    await page.getByLabel('First name').fill('Tom & Jerry');
    await page.getByRole('tab', { name: 'Copy the block' }).click();
    await page.getByText('Merge tags', { exact: true }).click();
    await page.getByLabel('Points: the platform’s own field').fill('points!');
    await page.getByRole('button', { name: /Tier/ }).click();
    await page.getByRole('option', { name: 'The same for everybody' }).click();
    await page.getByLabel('Tier: the value for everybody').fill('gold');
    await page.getByRole('button', { name: 'Make the block' }).click();
    await page
      .locator('.source', { hasText: 'Points' })
      .getByText('Use a merge tag as the audience lists it')
      .waitFor(WAIT);
    await page.getByLabel('Points: the platform’s own field').fill('');
    await page.getByRole('button', { name: 'Make the block' }).click();
    await see('first_name=*|URL:FNAME|*');
    const received = page.getByRole('region', { name: 'What a recipient gets' });
    await received
      .getByRole('img', { name: 'Welcome back, Tom & Jerry. Your summer rewards are waiting.' })
      .waitFor(WAIT);
    await received.getByText('Drawn just now').waitFor(WAIT);
    await received.getByText('The address as it is sent').click();
    expect(await received.locator('pre').innerText()).toMatch(/\?s=studio&first_name=Tom%20%26%20Jerry$/);
    await page.reload();
    await expect.poll(() => page.getByLabel('Tier: the value for everybody').inputValue(), WAIT).toBe('gold');
  });

  it('shows how a warm-up goes, what to know before the send, and its worst pictures', async () => {
    const rows = ['Amira', 'Bo', ''].map((first_name, i) => ({ key: `p${i}`, fields: { first_name } }));
    for (const row of rows) expect((await service.api('POST', '/v1/contacts', row)).status).toBe(201);
    const order = { template: 'summer-rewards-hero', platform: 'mailchimp' };
    const { id } = (await service.api('POST', '/v1/links', order)).body as { id: string };
    const ordered = await service.api('POST', '/v1/warmups', { links: [id] });
    expect(ordered.status).toBe(202);
    await signIn('/status');
    await see('Complete');
    await page.getByRole('button', { name: 'Show the report' }).click();
    await see('What was mended');
    const worst = page.locator('.worst img').first();
    await expect.poll(() => worst.evaluate((each) => (each as HTMLImageElement).naturalWidth), WAIT).toBeGreaterThan(0);
    await see('No account is connected');
  });

  it('shows what moves as it moves, asks for nothing while nothing does, and asks by itself when it is not told', async () => {
    const { records } = service.services;
    const { data } = (await service.api('GET', '/v1/warmups')).body as { data: { id: string; links: string[] }[] };
    const [{ id: warmup, links: [link] = [] } = { id: '' }] = data;
    // As a worker does, in another process.
    const chunk = { warmup, phase: 'making', chunk: 99, last: '~', done: 0 } as const;
    const progress = (made: number) => ({ at: `key-${made}`, result: JSON.stringify({ made }) });
    await records
      .insertInto('warmup_chunks')
      .values({ ...chunk, ...progress(10) })
      .execute();
    const moving = { state: 'running', phase: 'making', report: null, pictures: 100, finished_at: null } as const;
    const { report } = await records.selectFrom('warmups').select('report').executeTakeFirstOrThrow();
    await records.updateTable('warmups').set(moving).where('id', '=', warmup).execute();
    const advance = (made: number) =>
      records.updateTable('warmup_chunks').set(progress(made)).where('chunk', '=', chunk.chunk).execute();
    await signIn('/status');
    await see('Told as it happens');
    const bar = page.getByRole('progressbar', { name: /Making pictures/ });
    const shown = () => bar.getAttribute('aria-valuenow');
    await expect.poll(shown, WAIT).toMatch(/^1[0-9]$/);
    const before = Number(await shown());
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await advance(60);
    await expect.poll(shown, WAIT).toBe(String(before + 50));
    expect(new Set(asked)).toEqual(new Set([`/v1/warmups/${warmup}`]));

    // Whoever looks at the figures sees what recipients were shown.
    const token = signToken({ kind: 'link', id: link ?? '' }, service.services.signingKeys[0]);
    await fetch(`${service.url}/i/${token}.jpg`);
    const figures = createFigures(records);
    const failed = { kind: 'link', id: link ?? '', workspace: 'default', template: 'event-badge', version: 1 } as const;
    const outcome = readOutcome('rendered; image-missing');
    for (let i = 0; i < 30; i++)
      figures.count({ ...failed, mended: [{ field: 'photo', reason: 'junk' }] }, outcome, {
        ...{ reader: 'browser', now: Date.now(), ms: 3 },
      });
    await figures.flush();
    await service.services.observed.flush();
    await see('The address names nobody.');
    const picture = page.getByRole('img', { name: /With fallbacks/ });
    await expect
      .poll(() => picture.evaluate((each) => (each as HTMLImageElement).naturalWidth), WAIT)
      .toBeGreaterThan(0);
    await page.getByRole('img', { name: /pictures? from .* less than they should be/ }).waitFor(WAIT);
    await see(/of the pictures of the last hour showed less than they should/);
    await see('photo of event-badge fell back in 100% of the last hour’s pictures.');
    await see('A picture inside could not be had.');

    await page.route('**/v1/events', (route) => route.abort());
    await page.reload();
    await see('Asked every 15 seconds');
    await advance(80);
    await expect.poll(shown, WAIT).toBe(String(before + 70));
    await records.deleteFrom('warmup_chunks').where('chunk', '=', chunk.chunk).execute();
    await records.updateTable('warmups').set({ state: 'complete', report }).where('id', '=', warmup).execute();
  });

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    beforeEach(async () => {
      // The pages' own policy would not run what looks for barriers.
      const context = await browser().newContext({ colorScheme, bypassCSP: true });
      await page.context().close();
      page = await context.newPage();
    });

    it('is within reach of everybody', async () => {
      await open('/');
      await page.getByLabel('API key').waitFor(WAIT);
      expect(await barriersOf(page)).toEqual([]);
      await signIn();
      await expect.poll(() => page.locator('.tile').count(), WAIT).toBeGreaterThan(1);
      expect(await barriersOf(page)).toEqual([]);
      await page.locator('.tile a[href$="/summer-rewards-hero"]').click();
      await page.locator('.live canvas').waitFor(WAIT);
      expect(await barriersOf(page)).toEqual([]);
      await page.getByRole('radio', { name: 'A contact' }).click();
      expect(await barriersOf(page)).toEqual([]);
      await page.getByRole('radio', { name: 'A table' }).click();
      expect(await barriersOf(page)).toEqual([]);
      await page.getByLabel('Paste a table').fill(TABLE);
      await page.getByRole('button', { name: 'Use it' }).click();
      await see(/4 rows, \d to look at/);
      await page.getByText('Columns').click();
      expect(await barriersOf(page)).toEqual([]);
      await page.getByRole('tab', { name: 'Copy the block' }).click();
      await page.getByRole('button', { name: 'Make the block' }).click();
      await page.locator('.snippet').first().waitFor(WAIT);
      expect(await barriersOf(page)).toEqual([]);
      await page.getByRole('link', { name: 'Status' }).click();
      await page.getByRole('table').first().waitFor(WAIT);
      expect(await barriersOf(page)).toEqual([]);
    });

    it('shows what fits, and the inbox, to everybody', async () => {
      await signIn('/templates/event-badge?show=matrix');
      await expect.poll(() => page.locator('.cell img').count(), WAIT).toBeGreaterThanOrEqual(8);
      expect(await barriersOf(page)).toEqual([]);
      await page.getByRole('tab', { name: 'In the inbox' }).click();
      await page.locator('.desktop img').waitFor(WAIT);
      expect(await barriersOf(page)).toEqual([]);
      for (const name of ['Dark', 'Outlook', 'Blocked'])
        await page.getByRole('radio', { name, exact: true }).last().click();
      await see('prevented automatic download');
      expect(await barriersOf(page)).toEqual([]);
    });
  });
});
