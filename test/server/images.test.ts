import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../core/template/parse.ts';
import { createImages } from '../../server/image/images.ts';
import { openRecords } from '../../server/stores/records/index.ts';
import { createS3 } from '../../server/stores/s3.ts';

const address = 'https://cdn.example.com/a.png';
const template = parseTemplate({
  name: 'photos',
  size: { width: 10, height: 10 },
  alt: 'Photos',
  fields: {
    photo: { type: 'image', hosts: ['cdn.example.com'] },
    items: { type: 'list', of: { picture: { type: 'image', hosts: ['*.shop.example'] } } },
  },
  layers: [{ id: 'photo', type: 'image', src: '{{ photo }}', box: { x: 0, y: 0, width: 9, height: 9 } }],
});

/** Images over an empty workspace, and every address that was really fetched, with its hosts. */
async function open(answer: () => Promise<Buffer>) {
  const fetched: [string, readonly string[]][] = [];
  const images = createImages({
    records: await openRecords(`sqlite:${join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'records.db')}`, 0),
    blobs: { put: async () => '', get: async () => undefined, delete: async () => undefined },
    outgoing: {
      async request({ url, hosts = [] }) {
        fetched.push([url, hosts]);
        return { status: 200, headers: {}, bytes: await answer() };
      },
      close: async () => undefined,
    },
    s3: createS3({ endpoint: undefined, region: 'nowhere', credentials: undefined }),
  });
  return { fetched, load: (...refs: string[]) => images.load('default', template, refs) };
}

describe('the pictures values name', () => {
  it('are fetched once for all who ask, from the hosts of any image field', async () => {
    const bytes = Buffer.from('GIF89a'.padEnd(20, '\0'));
    const { fetched, load } = await open(async () => bytes);
    const found = await Promise.all([load(address), load(address)]);
    expect([...found, await load(address)]).toEqual(Array(3).fill({ [address]: bytes }));
    expect(fetched).toEqual([[address, ['cdn.example.com', '*.shop.example']]]);
  });

  it('are not asked for again at once when they could not be had', async () => {
    const { fetched, load } = await open(() => Promise.reject(new Error('down')));
    expect(await load(address)).toEqual({ [address]: null });
    expect(await load(address, 'asset:nowhere')).toEqual({ [address]: null, 'asset:nowhere': null });
    expect(fetched).toHaveLength(1);
  });
});
