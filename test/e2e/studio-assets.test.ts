import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../core/paint/text/families.ts';
import type { StudioAssets } from '../../server/studio/assets.ts';
import { startTestService, type TestService } from './service.ts';

const KEPT = 'public, max-age=31536000, immutable';
let service: TestService;
let assets: StudioAssets;
beforeAll(async () => {
  service = await startTestService();
  assets = (await (await fetch(`${service.url}/studio/assets.json`)).json()) as StudioAssets;
});
afterAll(() => service.close());

const get = (path: string) => fetch(`${service.url}/studio/${path}`);

describe('the fonts and emoji of previews', () => {
  it('are all that pictures are drawn with', async () => {
    expect(new Set(assets.fonts.map(({ family }) => family))).toEqual(new Set(FAMILIES));
    const inter = assets.fonts.filter(({ family, italic }) => family === 'Inter' && italic);
    expect(inter).toHaveLength(9);
    for (const { url } of assets.fonts) {
      const response = await fetch(`${service.url}/studio/${url}`, { method: 'HEAD' });
      expect([response.status, response.headers.get('content-type')], url).toEqual([200, 'font/ttf']);
    }
  });

  it('are kept by browsers, and given to pages from here alone', async () => {
    const font = assets.fonts.find(({ family }) => family === 'Inter');
    const emoji = await get(`${assets.emoji}1f469-1f3fd-200d-1f680.svg`);
    expect(emoji.headers.get('content-type')).toBe('image/svg+xml');
    expect(await emoji.text()).toMatch(/^<svg [^>]*viewBox="0 0 128 128"/);
    for (const { headers, status } of [emoji, await get(font?.url ?? '')]) {
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe(KEPT);
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('draw the flag of a country as its letters, as pictures do', async () => {
    const flag = await (await get(`${assets.emoji}1f1eb-1f1f7.svg`)).text();
    expect(flag.match(/<svg /g)).toHaveLength(3);
  });

  it('answer a page of another build, but are not kept under its address', async () => {
    for (const path of ['fonts/another/inter-400.ttf', 'emoji/another/1f600.svg']) {
      const { status, headers } = await get(path);
      expect([status, headers.get('cache-control')], path).toEqual([200, 'no-store']);
    }
  });

  it('are the only files to be had', async () => {
    const asked = [
      'fonts/b/package.json',
      'fonts/b/inter-400',
      'fonts/b/inter-450.ttf',
      'fonts/b/..%2f..%2f400Regular%2fInter_400Regular.ttf',
      'fonts/%2e%2e%2finter-400.ttf',
      'emoji/b/from.json',
      'emoji/b/..%2fbuild.json.svg',
      'emoji/b/%00.svg',
      'emoji/b/110000.svg',
      'emoji/b/d800.svg',
      'emoji/b/0041.svg',
      `emoji/b/${Array(20).fill('1f600').join('-')}.svg`,
    ];
    for (const path of asked) expect((await get(path)).status, path).toBe(404);
  });
});

describe('the page itself', () => {
  it('comes with scripts that are sent compressed and kept for good', async () => {
    const page = await (await fetch(`${service.url}/studio/`)).text();
    const [script] = /\/studio\/files\/[^"]+\.js/.exec(page) ?? [];
    const { status, headers } = await fetch(service.url + script, { headers: { 'accept-encoding': 'br' } });
    expect([status, headers.get('content-encoding'), headers.get('cache-control')]).toEqual([200, 'br', KEPT]);
  });
});
