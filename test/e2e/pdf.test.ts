import { extractText, getDocumentProxy } from 'unpdf';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { publish, startTestService, swatch, type TestService } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  const { fields, layers, ...rest } = swatch();
  const href = 'https://example.com/{{ number }}';
  const linked = layers.map((layer) => ({ ...layer, ...(layer.id === 'half' && { href }) }));
  await publish(service, {
    ...rest,
    fields: { ...fields, number: { type: 'number', fallback: 0 } },
    layers: linked,
  } as typeof rest);
});
afterAll(() => service.close());

const local = (url: string) => service.url + new URL(url).pathname;
const open = async (url: string) => {
  const response = await fetch(local(url));
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { headers: response.headers, outcome: response.headers.get('x-mergepix-outcome'), bytes };
};
const textOf = async (bytes: Uint8Array) =>
  (await extractText(await getDocumentProxy(new Uint8Array(bytes)), { mergePages: true })).text;
type Generated = { url: string; html: string; shareUrl: string; width: number; bytes: number };
const generate = async (order: object = {}): Promise<Generated> =>
  (
    await service.api('POST', '/v1/generate', {
      ...{ template: 'swatch', data: { first_name: 'Amira' }, format: 'pdf' },
      ...order,
    })
  ).body as Generated;

describe('a PDF', () => {
  it('is generated, and then found, under the name of its template', async () => {
    const { url, html, width, bytes } = await generate();
    expect(url).toMatch(/\.pdf$/);
    expect(width).toBe(100);
    expect(html).toBe(`<a href="${url}">A colour for Amira</a>`);
    const page = await open(url);
    expect(page.outcome).toBe('hit');
    expect(page.headers.get('content-type')).toBe('application/pdf');
    expect(page.headers.get('content-disposition')).toBe('inline; filename="swatch.pdf"');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    // Chrome and Safari show a PDF in a page of their own, which this policy would keep blank.
    expect(page.headers.get('content-security-policy')).toBeNull();
    expect(page.bytes.length).toBe(bytes);
    expect(await textOf(page.bytes)).toBe('Amira');
    expect((await open(url)).headers.get('content-disposition')).toBe('inline; filename="swatch.pdf"');
  });

  it('is another one where it leads elsewhere, while the picture stays the same', async () => {
    const etag = async (number: number, format: string) =>
      (await open((await generate({ data: { first_name: 'Amira', number }, format })).url)).headers.get('etag');
    expect(await etag(1, 'pdf')).not.toBe(await etag(2, 'pdf'));
    expect(await etag(1, 'png')).toBe(await etag(2, 'png'));
  });

  it('is shown as a picture on its page, with the PDF to download', async () => {
    const { shareUrl } = await generate();
    const html = await (await fetch(local(shareUrl))).text();
    expect(html).toMatch(/property="og:image" content="[^"]+\.png"/);
    expect(html).toMatch(/class="picture" src="[^"]+\.png"/);
    expect(html).toMatch(/class="button" href="[^"]+\.pdf" download="swatch\.pdf"[\s\S]*Download PDF/);
  });

  it('is ordered like a picture, at any dpi', async () => {
    const order = { template_id: 'swatch', data: { first_name: 'Bo' }, format: 'pdf', dpi: 216 };
    const { job_id } = (await service.api('POST', '/v1/renders', order)).body as { job_id: string };
    const { output_url } = await vi.waitFor(
      async () => {
        const { body } = await service.api('GET', `/v1/renders/${job_id}`);
        expect(body).toMatchObject({ status: 'complete' });
        return body as { output_url: string };
      },
      { timeout: 10_000, interval: 30 },
    );
    expect(await textOf((await open(output_url)).bytes)).toBe('Bo');
  });

  it('lies beside the other rows of a batch', async () => {
    const order = { template: 'swatch', format: 'pdf', rows: [{ first_name: 'Cy' }] };
    const { body } = await service.api('POST', '/v1/batches', order);
    const { id } = body as { id: string };
    const url = await vi.waitFor(
      async () => {
        const rows = (await service.api('GET', `/v1/batches/${id}/rows`)).body as { data: { url: string | null }[] };
        expect(rows.data[0]?.url).toMatch(/\.pdf$/);
        return rows.data[0]?.url ?? '';
      },
      { timeout: 10_000, interval: 30 },
    );
    expect(await textOf((await open(url)).bytes)).toBe('Cy');
  });
});

describe('a link', () => {
  const order = (formats: string[]) =>
    service.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo', formats });

  it('has a PDF beside its picture where it allows one, and never in the <img>', async () => {
    const { url, html } = (await order(['jpeg', 'pdf'])).body as { url: string; html: string };
    expect(html).toContain('.jpg');
    expect(html).not.toContain('.pdf');
    expect((await open(url)).headers.get('content-type')).toBe('image/jpeg');
    const page = await open(url.replace('.jpg', '.pdf'));
    expect(page.headers.get('content-type')).toBe('application/pdf');
    expect(await textOf(page.bytes)).toBe('there');
  });

  it('has none where it does not', async () => {
    const { url } = (await order(['jpeg'])).body as { url: string };
    expect((await open(url.replace('.jpg', '.pdf'))).headers.get('content-type')).toBe('image/jpeg');
  });

  it('is refused when a PDF would be its picture', async () => {
    const { status, body } = await order(['pdf', 'jpeg']);
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('put pdf behind it');
  });
});
