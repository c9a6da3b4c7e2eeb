import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

const publicUrl = 'https://img.example.com/pictures';
let service: TestService;
beforeAll(async () => {
  service = await startTestService({ MERGEPIX_PUBLIC_URL: publicUrl });
  await publish(service, swatch({ title: 'A <b>swatch</b> & more', output: { format: 'jpeg', scale: 2 } }));
});
afterAll(() => service.close());

type Generated = { id: string; url: string; shareUrl: string };
const generate = async (first_name = 'Amira'): Promise<Generated> =>
  (await service.api('POST', '/v1/generate', { template: 'swatch', data: { first_name, color: '#112233' } }))
    .body as Generated;
const visit = async (shareUrl: string) => {
  const response = await fetch(shareUrl.replace(publicUrl, service.url));
  return { status: response.status, headers: response.headers, html: await response.text() };
};
const plain = (html: string) =>
  html.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code)).replace(/&amp;/g, '&');
const meta = (html: string, name: string) =>
  plain(new RegExp(`<meta (?:name|property)="${name}" content="([^"]*)">`).exec(html)?.[1] ?? '');

describe('the page of a picture', () => {
  it('shows it, and tells previews elsewhere about it', async () => {
    const { url, shareUrl } = await generate('Zoë "<script>"');
    expect(shareUrl).toMatch(/^https:\/\/img\.example\.com\/pictures\/p\//);
    const { status, headers, html } = await visit(shareUrl);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('cache-control')).toBe('public, max-age=60');
    expect(headers.get('x-robots-tag')).toBe('noindex');
    expect(html).not.toMatch(/<script|<b>/);
    expect(meta(html, 'og:title')).toBe('A <b>swatch</b> & more');
    expect(meta(html, 'og:url')).toBe(shareUrl);
    expect(meta(html, 'og:image')).toBe(url);
    expect(meta(html, 'og:image:alt')).toContain('A colour for Zoë');
    expect([meta(html, 'og:image:width'), meta(html, 'og:image:height')]).toEqual(['200', '80']);
    expect(meta(html, 'twitter:card')).toBe('summary_large_image');
    expect(meta(html, 'twitter:image')).toBe(url);
    const picture = plain(/class="picture" src="([^"]+)"/.exec(html)?.[1] ?? '');
    expect(new URL(picture, shareUrl).href).toBe(url);
  });

  it('may run nothing and load nothing but its own style and pictures from here', async () => {
    const { headers, html } = await visit((await generate()).shareUrl);
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
    const digest = createHash('sha256').update(style).digest('base64');
    const policy = headers.get('content-security-policy');
    expect(policy).toContain(`default-src 'none'; img-src 'self'; style-src 'sha256-${digest}'`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(html).not.toMatch(/ style="| on\w+="/);
  });

  it('offers the picture as PNG, whatever format it has', async () => {
    const { shareUrl } = await generate();
    const { html } = await visit(shareUrl);
    const [, href = '', name] = /class="button" href="([^"]+)" download="([^"]+)"/.exec(html) ?? [];
    expect(name).toBe('swatch.png');
    const png = await look(new URL(plain(href), shareUrl).href.replace(publicUrl, service.url));
    expect(png.headers.get('content-type')).toBe('image/png');
    expect(png).toMatchObject({ status: 200, width: 200, color: '#112233' });
  });

  it('does not tell what is taken back from what never was', async () => {
    const taken = await generate();
    const { url: linkUrl } = (await service.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo' }))
      .body as { url: string };
    const link = await visit(
      `${publicUrl}/p/${new URL(linkUrl).pathname
        .split('/')
        .pop()
        ?.replace(/\.\w+$/, '')}`,
    );
    const lost = await generate();
    await service.services.records.deleteFrom('sealed').where('id', '=', lost.id).execute();
    await service.api('DELETE', `/v1/pictures/${taken.id}`);
    await vi.waitFor(async () => expect((await visit(taken.shareUrl)).status).toBe(404), { timeout: 5000 });
    const [gone, never] = [await visit(taken.shareUrl), await visit(lost.shareUrl)];
    for (const { status, html, headers } of [gone, never, link]) {
      expect(status).toBe(404);
      expect(html).toBe(gone.html);
      expect(headers.get('cache-control')).toBe('no-store');
    }
    expect(gone.html).not.toMatch(/swatch|Amira|<img/);
  });

  it('is refused for a token that is not ours', async () => {
    const { shareUrl } = await generate();
    for (const forged of [
      `${shareUrl}x`,
      `${publicUrl}/p/x`,
      shareUrl.replace(/.$/, (sign) => (sign === 'A' ? 'B' : 'A')),
    ]) {
      const { status, html, headers } = await visit(forged);
      expect(status).toBe(403);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(html).not.toContain('<img');
    }
  });
});
