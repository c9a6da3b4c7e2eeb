import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Blobs, openBlobs } from '../../server/stores/blobs/index.ts';
import { createS3, type S3 } from '../../server/stores/s3.ts';
import { type FakeS3, startFakeS3 } from '../fakes/s3.ts';

const HELLO = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
const place = `${HELLO.slice(0, 2)}/${HELLO.slice(2)}`;
const hello = Buffer.from('hello');

let folder: string;
let fake: FakeS3;
let s3: S3;
beforeAll(async () => {
  fake = await startFakeS3();
  s3 = createS3(fake.settings);
});
afterAll(async () => {
  await s3.close();
  await fake.close();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mergepix-'));
  fake.objects.clear();
  fake.mode = 'well';
  fake.requests.length = 0;
});

const stores: Record<
  string,
  { open(): Promise<Blobs>; names(): Promise<string[]>; damage(bytes: string): Promise<unknown> }
> = {
  'a folder': {
    open: () => openBlobs(`file:${folder}`, s3),
    names: async () => (await readdir(folder, { recursive: true })).filter((name) => name.includes('/')),
    damage: (bytes) => writeFile(join(folder, place), bytes),
  },
  S3: {
    open: () => openBlobs('s3://pictures/mergepix/blobs/', s3),
    names: async () => [...fake.objects.keys()].map((path) => path.replace('pictures/mergepix/blobs/', '')),
    damage: async (bytes) => fake.objects.set(`pictures/mergepix/blobs/${place}`, Buffer.from(bytes)),
  },
};

describe.each(Object.entries(stores))('blobs in %s', (_, { open, names, damage }) => {
  it('give back what was kept, under its sha256, in every process', async () => {
    const blobs = await open();
    expect(await blobs.put(hello)).toBe(HELLO);
    expect(await blobs.put(hello)).toBe(HELLO);
    expect(await names()).toEqual([place]);
    const other = await open();
    expect(await other.get(HELLO)).toEqual(hello);
    expect(await other.get('0'.repeat(64))).toBeUndefined();
    expect(await other.get('../../etc/passwd')).toBeUndefined();
  });

  it('give nothing rather than damaged bytes, and can keep the right ones again', async () => {
    const blobs = await open();
    await blobs.put(hello);
    await damage('hell');
    expect(await blobs.get(HELLO)).toBeUndefined();
    await blobs.put(hello);
    expect(await blobs.get(HELLO)).toEqual(hello);
  });
});

describe('blobs in S3', () => {
  const open = () => openBlobs('s3://pictures', s3);

  it('are read over the network once, also when many ask at once', async () => {
    const writer = await open();
    await writer.put(hello);
    const blobs = await open();
    expect(await Promise.all([blobs.get(HELLO), blobs.get(HELLO)])).toEqual([hello, hello]);
    fake.mode = 'failing';
    expect(await blobs.get(HELLO)).toEqual(hello);
    expect(fake.requests).toEqual([`PUT pictures/${place}`, `GET pictures/${place}`]);
  });

  it.each(['failing', 'breaking'] as const)(
    'say so when the store is %s, and work on when it is well',
    async (mode) => {
      const blobs = await open();
      await blobs.put(hello);
      fake.mode = mode;
      await expect(blobs.get(HELLO)).rejects.toMatchObject({ code: 'blobs_unavailable' });
      if (mode === 'failing') await expect(blobs.put(hello)).rejects.toMatchObject({ code: 'blobs_unavailable' });
      fake.mode = 'well';
      expect(await blobs.get(HELLO)).toEqual(hello);
    },
  );

  it('end a call that hangs at its deadline', async () => {
    fake.mode = 'hanging';
    const limits = { maxBytes: 1000, timeoutMs: 200 };
    await expect(s3.get({ bucket: 'pictures', key: 'a' }, limits)).rejects.toMatchObject({ code: 'blobs_unavailable' });
    await expect(s3.put({ bucket: 'pictures', key: 'a' }, hello, 200)).rejects.toMatchObject({
      code: 'blobs_unavailable',
    });
  });

  it('are not asked for any more while the store hangs, and are again within seconds when it is well', async () => {
    const s3 = createS3(fake.settings);
    const blobs = await openBlobs('s3://pictures', s3);
    await blobs.put(hello);
    fake.mode = 'hanging';
    const limits = { maxBytes: 1000, timeoutMs: 100 };
    const ask = () => s3.get({ bucket: 'pictures', key: 'a' }, limits);
    for (let i = 0; i < 5; i++) await expect(ask()).rejects.toMatchObject({ code: 'blobs_unavailable' });
    const asked = fake.requests.length;
    await Promise.all(
      Array.from({ length: 20 }, () => expect(ask()).rejects.toMatchObject({ code: 'blobs_unavailable' })),
    );
    expect(fake.requests.length - asked).toBeLessThan(2);
    fake.mode = 'well';
    await expect.poll(() => blobs.get(HELLO).catch(() => undefined), { timeout: 5000 }).toEqual(hello);
    await s3.close();
  });

  it('are asked for though a bucket of somebody else is closed to us', async () => {
    const s3 = createS3(fake.settings);
    for (let i = 0; i < 8; i++) await s3.put({ bucket: 'closed', key: 'a' }, hello, 1000).catch(() => undefined);
    await s3.put({ bucket: 'pictures', key: 'a' }, hello, 1000);
    expect(fake.objects.has('pictures/a')).toBe(true);
    await s3.close();
  });

  it('are refused with other keys, in no bucket, and beyond the limit', async () => {
    const stranger = createS3({ ...fake.settings, region: 'us-east-1' });
    const place = { bucket: 'pictures', key: 'photos/a b+ü.png' };
    await expect(stranger.put(place, hello, 1000)).rejects.toMatchObject({ code: 'blobs_unavailable' });
    await stranger.close();
    await s3.put(place, hello, 1000);
    expect([...fake.objects.keys()]).toEqual(['pictures/photos/a b+ü.png']);
    await expect(s3.get(place, { maxBytes: 4, timeoutMs: 1000 })).rejects.toMatchObject({ code: 'fetch_failed' });
    await expect(openBlobs('s3:pictures', s3)).rejects.toMatchObject({ code: 'config_invalid' });
  });

  it('tell an object that has not changed by its entity tag', async () => {
    const place = { bucket: 'pictures', key: 'photo.png' };
    await s3.put(place, hello, 1000);
    const limits = { maxBytes: 1000, timeoutMs: 1000 };
    const found = await s3.get(place, limits);
    if (typeof found !== 'object') throw new Error('it should be there');
    expect(await s3.get(place, { ...limits, etag: found.etag })).toBe('unchanged');
    await s3.put(place, Buffer.from('other'), 1000);
    expect(await s3.get(place, { ...limits, etag: found.etag })).toMatchObject({ bytes: Buffer.from('other') });
  });
});
