import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppError } from '../../core/errors.ts';
import { createRenderPool, type RenderPool } from '../../core/node/pool.ts';
import type { Rendered } from '../../core/node/renderer.ts';
import { applyContract } from '../../core/template/contract.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import { readSize } from '../../server/assets/size.ts';
import { sniffAsset, sniffImage } from '../../server/assets/sniff.ts';
import { tidySvg } from '../../server/assets/svg.ts';
import { publish, startTestService } from '../e2e/service.ts';
import { malformedDrawings, malformedFiles } from './files.ts';

const COUNT = Number(process.env.MALFORMED_FILES ?? 5000);
/** Of SVG alone, besides. */
const DRAWINGS = Math.ceil(COUNT / 5);
const SEED = Number(process.env.MALFORMED_SEED ?? 1);
const SERVED = 150;
const AT_ONCE = 8;
const MB = 2 ** 20;
/** More than this on top of what it had before, and a campaign's worth of such files would take the machine. */
const GROWN = 250 * MB;
const PHOTO = 'https://cdn.example.com/photo';

const template = parseTemplate({
  name: 'portrait',
  size: { width: 60, height: 40 },
  output: { scale: 1 },
  alt: 'A portrait',
  fields: {
    name: { type: 'text', fallback: 'Amira' },
    photo: { type: 'image', fallback: { initials: 'name' }, hosts: ['cdn.example.com'] },
  },
  layers: [{ id: 'photo', type: 'image', src: '{{ photo }}', box: { x: 10, y: 0, width: 40, height: 40 } }],
});
const { values } = applyContract(template.fields, { photo: PHOTO });

let pool: RenderPool;
beforeAll(async () => {
  pool = createRenderPool({ size: 2 });
  await pool.ready();
});
afterAll(() => pool.close());

const draw = (bytes: Buffer | null): Promise<Rendered> =>
  pool.render({
    template: { key: 'portrait', load: () => ({ template, assets: {} }) },
    ...{ values, images: { [PHOTO]: bytes }, format: 'jpeg', scale: 1, quality: 82 },
  });

const drawAsset = (bytes: Buffer | null): Promise<Rendered> =>
  pool.render({
    template: { key: 'portrait', load: () => ({ template, assets: {} }) },
    ...{ values: { ...values, photo: 'asset:mark' }, images: { 'asset:mark': bytes } },
    ...{ format: 'jpeg', scale: 1, quality: 82 },
  });

describe('files from strangers', () => {
  it(`are shown or give the fallback, ${COUNT.toLocaleString('en')} spoilt ones, and end no process`, {
    timeout: 600_000,
  }, async () => {
    const fallback = await draw(null);
    const before = process.memoryUsage.rss();
    const strange: string[] = [];
    let refused = 0;
    const files = malformedFiles(COUNT, SEED);
    const work = async (): Promise<void> => {
      for await (const { name, bytes } of files) {
        // What the serving process reads itself before it lets anything be decoded.
        const mime = sniffImage(bytes);
        if (mime) readSize(bytes, mime);
        const rendered = await draw(bytes).catch((error: Error) => error);
        if (rendered instanceof Error) {
          strange.push(`${name}: ${rendered.message}`);
          continue;
        }
        const isRefused = rendered.warnings.some(({ code }) => code === 'image_missing');
        if (isRefused) refused++;
        if (isRefused && !rendered.bytes.equals(fallback.bytes))
          strange.push(`${name}: another picture than the fallback`);
        const { width, height } = await sharp(rendered.bytes).metadata();
        if (width !== 60 || height !== 40) strange.push(`${name}: a picture of ${width}x${height}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(strange, 'set MALFORMED_SEED to find more; each is named by its number').toEqual([]);
    expect(pool.stats().replaced).toBe(0);
    expect(refused).toBeGreaterThan(COUNT / 3);
    expect(process.memoryUsage.rss() - before).toBeLessThan(GROWN);
    expect((await draw(null)).bytes.equals(fallback.bytes)).toBe(true);
  });

  it(`are refused or drawn as shapes, ${DRAWINGS.toLocaleString('en')} spoilt drawings, and end no process`, {
    timeout: 600_000,
  }, async () => {
    const fallback = await drawAsset(null);
    const before = { rss: process.memoryUsage.rss(), replaced: pool.stats().replaced };
    const strange: string[] = [];
    const counts = { refused: 0, drawn: 0 };
    const files = malformedDrawings(DRAWINGS, SEED);
    const work = async (): Promise<void> => {
      for (const { name, bytes } of files) {
        let kept: Buffer | undefined;
        try {
          // What the serving process does itself with a drawing that is uploaded.
          if (sniffAsset(bytes) === 'image/svg+xml') kept = tidySvg(bytes).bytes;
        } catch (error) {
          if ((error as AppError).code !== 'asset_invalid') strange.push(`${name}: ${(error as Error).message}`);
        }
        if (kept && !tidySvg(kept).bytes.equals(kept)) strange.push(`${name}: another drawing when it is kept again`);
        // A render process is given it as it came, too, as from a folder.
        const rendered = await Promise.all([kept ?? bytes, bytes].map(drawAsset)).catch((error: Error) => error);
        if (rendered instanceof Error) {
          strange.push(`${name}: ${rendered.message}`);
          continue;
        }
        counts[kept ? 'drawn' : 'refused']++;
        for (const { bytes, warnings } of rendered)
          if (warnings.length > 0 && !bytes.equals(fallback.bytes))
            strange.push(`${name}: another picture than the fallback`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(strange, 'set MALFORMED_SEED to find more; each is named by its number').toEqual([]);
    expect(pool.stats().replaced).toBe(before.replaced);
    expect(Math.min(counts.refused, counts.drawn)).toBeGreaterThan(DRAWINGS / 10);
    expect(process.memoryUsage.rss() - before.rss).toBeLessThan(GROWN);
  });

  it('reach recipients as a picture, whatever their photo is, and the library only when they can be read', {
    timeout: 120_000,
  }, async () => {
    const files: { name: string; bytes: Buffer }[] = [];
    for await (const file of malformedFiles(SERVED, SEED + 1)) files.push(file);
    const host = createServer((request, response) => {
      response.end(files[Number(request.url?.slice(1))]?.bytes);
    });
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    const { port } = host.address() as AddressInfo;
    const service = await startTestService({ MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1' });
    try {
      const photo = { ...template.fields.photo, hosts: [`127.0.0.1:${port}`] };
      const portrait = { ...template, fields: { ...template.fields, photo } };
      await publish(service, portrait);
      const { body } = await service.api('POST', '/v1/links', { template: 'portrait', platform: 'klaviyo' });
      const { pathname } = new URL((body as { url: string }).url);
      for (const [i, { name, bytes }] of files.entries()) {
        const fields = { name: 'Zoë', photo: `http://127.0.0.1:${port}/${i}` };
        const { body: contact } = await service.api('POST', '/v1/contacts', { fields });
        const shown = await fetch(`${service.url}${pathname}?c=${(contact as { reference: string }).reference}`);
        expect(shown.status, name).toBe(200);
        const { width, height } = await sharp(Buffer.from(await shown.arrayBuffer())).metadata();
        expect({ width, height }, name).toEqual({ width: 60, height: 40 });
        const { status } = await service.api('PUT', '/v1/assets/spoilt', bytes);
        expect([200, 201, 422], name).toContain(status);
      }
      expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
      expect(service.services.pool.stats().replaced).toBe(0);
    } finally {
      await service.close();
      await new Promise((resolve) => host.close(resolve));
    }
  });
});
