import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { isSvg } from '../../core/paint/svg.ts';
import { startTestService, type TestService } from '../e2e/service.ts';
import { realChromium } from '../real/chromium.ts';
import type { RealKind } from '../real/describe.ts';

/** A page of a service's own in a real browser, with `page.ts` in it as the global `inPage`. */
export type BrowserPage = {
  readonly page: Page;
  readonly service: TestService;
  /** What is at `/studio/test/<name>`; one that is a function is waited for. */
  readonly files: Map<string, Uint8Array | (() => Promise<Uint8Array>)>;
  close(): Promise<void>;
};

/** Debian's Chromium with such a page, for `describeReal`. */
export const realBrowser: RealKind<BrowserPage> = {
  ...realChromium,
  async start() {
    const [service, browser, script] = await Promise.all([
      startTestService(),
      realChromium.start(),
      bundle(new URL('page.ts', import.meta.url)),
    ]);
    const page = await browser.newPage();
    const files: BrowserPage['files'] = new Map();
    await page.route(`${service.url}/studio/test/**`, async (route) => {
      const name = decodeURIComponent(new URL(route.request().url()).pathname.slice('/studio/test/'.length));
      if (name === '') return route.fulfill({ contentType: 'text/html', body: '<!doctype html>' });
      const found = files.get(name);
      if (!found) return route.fulfill({ status: 404 });
      const bytes = found instanceof Uint8Array ? found : await found();
      // Of bitmaps a browser finds out by itself.
      return route.fulfill({ body: Buffer.from(bytes), ...(isSvg(bytes) && { contentType: 'image/svg+xml' }) });
    });
    await page.goto(`${service.url}/studio/test/`);
    await page.addScriptTag({ content: script });
    return {
      ...{ page, service, files },
      async close() {
        await browser.close();
        await service.close();
      },
    };
  },
};

/** A module and all it imports as one script for browsers. */
async function bundle(entry: URL): Promise<string> {
  const built = await rolldown({ input: fileURLToPath(entry), platform: 'browser' });
  const { output } = await built.generate({ format: 'iife', name: 'bundled', minify: true });
  await built.close();
  return output[0].code;
}
