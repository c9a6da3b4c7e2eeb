// npm run pictures: the pages of the studio as docs/pictures/studio-<page>-<theme>.webp, from a service with the samples.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const root = join(import.meta.dirname, '..');
const pictures = join(root, 'docs/pictures');
const HERO = '/templates/summer-rewards-hero';
const MAX_BYTES = 150_000;
const PEOPLE = [
  'Amira',
  'Bo',
  'Priyanka',
  'Søren',
  '',
  'Zoë',
  'Wolfeschlegelsteinhausenbergerdorff',
  'さくら',
  'test',
  'Ana',
];

/** Each page: where it is, what to do there, and what to wait for. */
const pages = {
  templates: { path: '/', shows: '.tile img' },
  try: { path: HERO, shows: '.live canvas' },
  fits: { path: `${HERO}?show=matrix`, shows: '.cell:nth-child(9) img' },
  inbox: { path: `${HERO}?show=inbox`, inDark: '&mail=dark', shows: '.desktop img' },
  copy: {
    path: `${HERO}?show=copy`,
    act: (page) => page.getByRole('button', { name: 'Make the block' }).click(),
    shows: '.snippet',
  },
  status: { path: '/status', shows: '.page.status .row' },
};

const program = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'chromium'))
  .find(isProgram);
if (!program) throw new Error('Chromium is not here: run ./setup --dev');

const data = await mkdtemp(join(tmpdir(), 'mergepix-'));
const { service, signIn } = await start(data);
try {
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  const state = await prepare(browser);
  for (const theme of ['light', 'dark']) await takeAll(browser, theme, state);
  await browser.close();
} finally {
  service.kill();
  await new Promise((resolve) => service.once('exit', resolve));
  await rm(data, { recursive: true, force: true });
}

/** Starts a service on a free port; gives the link that signs in once. */
async function start(folder) {
  const env = { ...process.env, MERGEPIX_DATA_DIR: folder, MERGEPIX_PORT: '0', MERGEPIX_HOST: '127.0.0.1' };
  const service = spawn(process.execPath, [join(root, 'dist/app/main.js'), 'serve'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: service.stdout })) {
    const link = /\S+\/studio\/#sign-in=\S+/.exec(line)?.[0];
    if (link) {
      service.stdout.resume();
      return { service, signIn: link };
    }
  }
  throw new Error('The service has not started: run npm run build');
}

/** Signs in, and sends some contacts and a warm-up, so that there is something to see; gives the cookies. */
async function prepare(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(signIn);
  await page.locator('.tile').first().waitFor();
  await page.evaluate(async (people) => {
    const { csrf } = await (await fetch('/v1/sessions/current')).json();
    const post = async (path, body) => {
      const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf };
      const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
      return response.json();
    };
    for (const [i, first_name] of people.entries())
      await post('/v1/contacts', { key: `person-${i}`, fields: { first_name, points: 120 * i } });
    const { id, url } = await post('/v1/links', { template: 'summer-rewards-hero', platform: 'mailchimp' });
    await post('/v1/warmups', { links: [id] });
    for (let i = 0; i < people.length; i++) await fetch(url.replace(/\*\|.*?\|\*/g, ''));
    const { url: sealed } = await post('/v1/generate', {
      template: 'summer-rewards-hero',
      data: { first_name: 'Amira' },
    });
    for (let i = 0; i < people.length; i++) await fetch(sealed);
  }, PEOPLE);
  const state = await context.storageState();
  await context.close();
  return state;
}

async function takeAll(browser, theme, state) {
  const context = await browser.newContext({
    ...{ storageState: state, colorScheme: theme, reducedMotion: 'reduce' },
    ...{ viewport: { width: 1280, height: 860 }, deviceScaleFactor: 1.5 },
  });
  const page = await context.newPage();
  const base = new URL('/studio', signIn).href;
  for (const [name, { path, inDark = '', act, shows }] of Object.entries(pages)) {
    await page.goto(base + path + (theme === 'dark' ? inDark : ''));
    await act?.(page);
    await page.locator(shows).first().waitFor();
    await page.waitForLoadState('networkidle');
    await keep(`studio-${name}-${theme}`, await page.screenshot());
  }
  await context.close();
}

async function keep(name, png) {
  const bytes = await sharp(png).webp({ quality: 82, effort: 6 }).toBuffer();
  if (bytes.length > MAX_BYTES) throw new Error(`${name} weighs ${bytes.length} bytes: at most ${MAX_BYTES}.`);
  await writeFile(join(pictures, `${name}.webp`), bytes);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
