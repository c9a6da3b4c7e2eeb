import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { design, fontFiles, readInputs } from '../../hero/design.mjs';
import { heroPage } from '../../hero/page.mjs';
import { textsFor } from '../../hero/people.mjs';
import { inline } from '../../hero/prepared.mjs';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const browserPath = process.env.CHROMIUM_PATH ?? PLACES.find((path) => existsSync(path));

/** Why Chromium cannot be measured here, if it cannot. */
export const missing = () =>
  browserPath && existsSync(browserPath)
    ? undefined
    : 'no Chromium found (apt-get install chromium, or set CHROMIUM_PATH)';

/** A browser and a page that stay open; every picture is one self-contained document, as HTML-to-image services get it. */
export async function open() {
  const { page, sources, shoot, close } = await openPage(await readInputs());
  return {
    async render(person) {
      await page.setContent(heroPage(textsFor(person), sources));
      return shoot();
    },
    close,
  };
}

/** A page of 1200x600 in a new browser, with this photo and avatar and the fonts as `data:` addresses. */
export async function openPage({ photo, avatar }) {
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: ['--no-sandbox', '--disable-background-networking'],
  });
  const { width, height, quality } = design;
  const page = await browser.newPage({ viewport: { width, height } });
  const fonts = await Promise.all(
    Object.entries(fontFiles).map(async ([weight, file]) => [weight, inline(await readFile(file), 'font/ttf')]),
  );
  const sources = {
    photo: inline(photo, 'image/jpeg'),
    avatar: inline(avatar, 'image/jpeg'),
    fonts: Object.fromEntries(fonts),
  };
  return { page, sources, shoot: () => page.screenshot({ type: 'jpeg', quality }), close: () => browser.close() };
}
