import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseTemplate } from '../../core/template/parse.ts';
import { type ChangeKind, createChanges } from '../../server/changes.ts';
import { createImages, type Images } from '../../server/image/images.ts';
import { createQuarantine } from '../../server/image/quarantine.ts';
import { createRemoteImages } from '../../server/image/remote.ts';
import { createLog } from '../../server/observe/log.ts';
import type { Answer } from '../../server/outgoing/order.ts';
import { sha256 } from '../../server/stores/blobs/blobs.ts';
import { type Cache, createCache } from '../../server/stores/cache/index.ts';
import { openMemoryStore } from '../../server/stores/cache/memory.ts';
import { openRecords, type Records } from '../../server/stores/records/index.ts';
import { createS3 } from '../../server/stores/s3.ts';
import { firstSettings } from '../../server/workspaces/settings.ts';

const MINUTE = 60_000;
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
const picture = (name: string) => Buffer.from(`GIF89a ${name}`.padEnd(20, '\0'));
const given = (bytes: Buffer): Answer => ({ status: 200, headers: { etag: `"${sha256(bytes)}"` }, bytes });
const status = (code: number): Answer => ({ status: code, headers: {}, bytes: Buffer.alloc(0) });

let records: Records;
let cache: Cache;
beforeEach(async () => {
  records = await openRecords(`sqlite:${join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'records.db')}`, 0);
  cache = createCache(await openMemoryStore('', 1_000_000), { maxBytes: 1_000_000, onFault: () => undefined });
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
});
afterEach(() => void vi.useRealTimers());

/** A process's images over an empty workspace, and every order that really went out. */
async function open(answer: (etag: string | undefined) => Promise<Answer>) {
  const fetched: { url: string; hosts: readonly string[] | undefined; etag: string | undefined }[] = [];
  const changes = createChanges(records, (error) => expect.fail(String(error)));
  const outgoing = {
    async request({ url, hosts, headers = {} }: { url: string; hosts?: readonly string[]; headers?: object }) {
      const etag = (headers as Record<string, string>)['if-none-match'];
      fetched.push({ url, hosts, etag });
      return answer(etag);
    },
    close: async () => undefined,
  };
  const remote = createRemoteImages({
    ways: { outgoing, s3: createS3({ endpoint: undefined, region: 'nowhere', credentials: undefined }) },
    cache,
  });
  const images: Images = createImages({
    records,
    blobs: { put: async () => '', get: async () => undefined },
    settings: { get: async () => ({ ...firstSettings, assetHosts: ['photos.example'] }) },
    remote,
    quarantine: await createQuarantine({ records, changes, log: createLog('silent') }),
  });
  return {
    fetched,
    images,
    remote,
    hear: (kind: ChangeKind, subject: string) => changes.tell(kind, subject),
    load: (...refs: string[]) => images.load('default', template, refs, 1000),
    identify: async (ref = address) => (await images.identify('default', template, [ref]))[0],
  };
}

describe('the pictures values name', () => {
  it('are fetched once for all who ask, from the hosts of any image field and of the workspace', async () => {
    const bytes = picture('one');
    const { fetched, load } = await open(async () => given(bytes));
    const found = await Promise.all([load(address), load(address)]);
    const loaded = expect.objectContaining({ bytes, digest: sha256(bytes) });
    expect([...found, await load(address)]).toEqual(Array(3).fill({ [address]: loaded }));
    expect(fetched).toEqual([
      { url: address, hosts: ['cdn.example.com', '*.shop.example', 'photos.example'], etag: undefined },
    ]);
  });

  it('are not asked for again at once when they could not be had, and soon are', async () => {
    const { fetched, load } = await open(async () => status(404));
    expect(await load(address)).toEqual({ [address]: null });
    expect(await load(address, 'asset:nowhere')).toEqual({ [address]: null, 'asset:nowhere': null });
    expect(fetched).toHaveLength(1);
    vi.advanceTimersByTime(MINUTE);
    await load(address);
    expect(fetched).toHaveLength(2);
  });

  it('stand for their bytes in keys, in every process, from when they were seen first', async () => {
    const bytes = picture('one');
    const one = await open(async () => given(bytes));
    expect(await one.identify()).toBe(address);
    await one.load(address);
    expect(await one.identify()).toBe(sha256(bytes));
    const other = await open(async () => status(500));
    expect(await other.identify()).toBe(sha256(bytes));
    expect(other.fetched).toEqual([]);
  });

  it('are looked at again after ten minutes without making anybody wait, and sent only when they have changed', async () => {
    let now = picture('one');
    const { fetched, load, identify } = await open(async (etag) =>
      etag === `"${sha256(now)}"` ? status(304) : given(now),
    );
    await load(address);
    vi.advanceTimersByTime(11 * MINUTE);
    expect(await identify()).toBe(sha256(now));
    await vi.waitFor(() => expect(fetched[1]?.etag).toBe(`"${sha256(now)}"`));
    const before = now;
    now = picture('two');
    expect(await identify()).toBe(sha256(before));
    expect(fetched).toHaveLength(2);
    vi.advanceTimersByTime(11 * MINUTE);
    expect(await identify()).toBe(sha256(before));
    await vi.waitFor(async () => expect(await identify()).toBe(sha256(now)));
    expect(await load(address)).toMatchObject({ [address]: { bytes: now } });
    expect(fetched).toHaveLength(3);
  });

  it('stay what they were while their host is down, and are nothing once they are gone', async () => {
    const bytes = picture('one');
    let answer: Promise<Answer> | Answer = given(bytes);
    const { load, identify } = await open(async () => answer);
    await load(address);
    answer = status(503);
    vi.advanceTimersByTime(11 * MINUTE);
    expect(await load(address)).toMatchObject({ [address]: { bytes } });
    expect(await identify()).toBe(sha256(bytes));
    answer = status(404);
    vi.advanceTimersByTime(MINUTE);
    expect(await load(address)).toEqual({ [address]: null });
    expect(await identify()).toBe(address);
  });

  it('are not kept here any longer once somebody was erased, though what they are stays known', async () => {
    const bytes = picture('one');
    const { fetched, remote, load, identify } = await open(async () => given(bytes));
    await load(address);
    remote.forget();
    expect(await identify()).toBe(sha256(bytes));
    expect(await load(address)).toMatchObject({ [address]: { bytes } });
    expect(fetched).toHaveLength(2);
  });

  it('are neither found nor seen in a bucket that the workspace does not allow', async () => {
    const { load, identify } = await open(async () => status(500));
    const ref = 's3://secrets/passport.png';
    expect(await load(ref)).toEqual({ [ref]: null });
    expect(await identify(ref)).toBe(ref);
  });

  it('are not loaded from quarantine, in this process, the next and those that hear of it', async () => {
    const bytes = picture('killer');
    const [one, other] = [await open(async () => given(bytes)), await open(async () => given(bytes))];
    expect(await other.load(address)).toMatchObject({ [address]: { bytes } });
    one.images.quarantine([sha256(bytes)]);
    expect(await one.load(address)).toEqual({ [address]: null });
    await vi.waitFor(async () => expect(await records.selectFrom('quarantine').selectAll().execute()).toHaveLength(1));
    await other.hear('quarantine', sha256(bytes));
    expect(await other.load(address)).toEqual({ [address]: null });
    expect(await (await open(async () => given(bytes))).load(address)).toEqual({ [address]: null });
    vi.advanceTimersByTime(8 * 24 * 60 * MINUTE);
    expect(await (await open(async () => given(bytes))).load(address)).toMatchObject({ [address]: { bytes } });
  });
});
