import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const { layers } = swatch();
const stops = ['#ff0000', '#00ff00'].map((color, offset) => ({ offset, color }));
const box = { x: 0, y: 0, width: 100, height: 40 };
const gradient = { id: 'ground', type: 'shape', shape: 'rect', box, fill: { type: 'linear', stops } };

const ask = async (method: string, path: string, body?: object) =>
  (await service.api(method, path, body)).body as Record<string, string>;
const data = { first_name: 'Amira' };
const linkOf = async (template: string) => {
  const { url = '', html = '' } = await ask('POST', '/v1/links', { template, platform: 'mailchimp' });
  const shown = await look(url.replace(/\?.*/, ''));
  return { url, html, type: shown.headers.get('content-type') };
};

describe('a template whose format is left open', () => {
  it.each([
    ['flat', layers, 'png', 'image/png'],
    ['deep', [gradient, ...layers], 'jpg', 'image/jpeg'],
  ])('has, %s, the same one in all that is made of it', async (name, layers, extension, mime) => {
    await publish(service, swatch({ name, layers, output: { format: 'auto', scale: 2 } }));
    const { url = '', html = '' } = await ask('POST', '/v1/generate', { template: name, data });
    expect(url).toMatch(new RegExp(`\\.${extension}$`));
    expect(html).toContain(`.${extension}"`);
    expect((await look(url)).headers.get('content-type')).toBe(mime);
    const link = await linkOf(name);
    expect(link.url).toContain(`.${extension}?`);
    expect(link.type).toBe(mime);
    const { picture = '' } = await ask('POST', `/v1/templates/${name}/versions/1/preview`, { data });
    expect(picture.startsWith(`data:${mime};`)).toBe(true);
    const batch = await ask('POST', '/v1/batches', { template: name, rows: [data] });
    expect(batch.format).toBe(extension === 'jpg' ? 'jpeg' : 'png');
  });

  it('has one as a draft, too', async () => {
    await service.api(
      'POST',
      '/v1/templates/drafted/versions',
      swatch({ name: 'drafted', output: { format: 'auto' } }),
    );
    const { picture = '' } = await ask('POST', '/v1/templates/drafted/versions/1/preview', { data });
    expect(picture.startsWith('data:image/png;')).toBe(true);
  });
});

describe('a template that makes pages', () => {
  it('makes one where nothing else is asked for, and is a picture in an email and to look at', async () => {
    await publish(service, swatch({ name: 'page', output: { format: 'pdf', scale: 2 } }));
    const { url = '', html = '' } = await ask('POST', '/v1/generate', { template: 'page', data });
    expect(url).toMatch(/\.pdf$/);
    expect(html).toMatch(/^<a href=/);
    const link = await linkOf('page');
    expect(link.html).toMatch(/^<img .*\.png\?/);
    expect(link.type).toBe('image/png');
    const page = await fetch(service.url + new URL(link.url).pathname.replace(/\.png$/, '.pdf'));
    expect(page.headers.get('content-type')).toBe('application/pdf');
    const { picture = '' } = await ask('POST', '/v1/templates/page/versions/1/preview', { data });
    expect(picture.startsWith('data:image/png;')).toBe(true);
  });
});
