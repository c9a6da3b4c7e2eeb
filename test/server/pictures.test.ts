import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import type { RenderPool } from '../../core/node/pool.ts';
import type { RenderJob } from '../../core/node/renderer.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import type { WarningCode } from '../../core/template/value.ts';
import { createPictures, type Drawing, type Pictures } from '../../server/image/pictures.ts';
import type { LoadedImage } from '../../server/image/remote.ts';
import type { Blobs } from '../../server/stores/blobs/index.ts';
import { type Cache, createCache } from '../../server/stores/cache/index.ts';
import { openMemoryStore } from '../../server/stores/cache/memory.ts';
import { describePublished } from '../../server/templates/library.ts';
import { createEndpointFor } from './endpoint.ts';

const template = parseTemplate({
  name: 'two',
  size: { width: 10, height: 10 },
  alt: '{{ unseen }}',
  fields: {
    seen: { type: 'text', fallback: 'x', maxLength: 40 },
    unseen: { type: 'text', fallback: 'y', maxLength: 40 },
    photo: { type: 'image', fallback: { initials: 'seen' }, hosts: ['cdn.example.com'] },
  },
  layers: [
    { id: 'photo', type: 'image', src: '{{ photo }}', box: { x: 0, y: 0, width: 5, height: 5 } },
    {
      id: 'seen',
      type: 'text',
      text: '{{ seen }}',
      box: { x: 0, y: 0, width: 9, height: 9 },
      fontFamily: 'Inter',
      fontSize: 5,
      color: '#000',
      fit: { minFontSize: 5, maxLines: 1 },
    },
  ],
});
const noBlobs: Blobs = { put: async () => '', get: async () => undefined };
const published = {
  ...describePublished({ template, assets: {}, picture: 'jpeg' }, noBlobs, 'digest'),
  ...{ workspace: 'default', name: 'two', version: 1, state: 'published' as const, fallback: undefined },
};
const drawing = (changes: Partial<Drawing> & { data?: Record<string, string> } = {}): Drawing => {
  const { data, ...rest } = changes;
  return { published, values: { ...published.defaults, ...data }, format: 'jpeg', scale: 1, ...rest };
};

let renders: number;
let answer: () => Promise<{ warnings: { code: WarningCode; message: string }[]; giveBack?: () => void }>;
let cache: Cache;
let parts: Parameters<typeof createPictures>[0];
let pictures: Pictures;
let digests: Record<string, string>;
let loaded: Record<string, LoadedImage>;
let quarantined: string[];
/** The pictures the pool was given last. */
let given: RenderJob['images'];
beforeEach(async () => {
  renders = 0;
  digests = {};
  loaded = {};
  quarantined = [];
  answer = async () => ({ warnings: [] });
  const pool = {
    async render({ images }) {
      given = images;
      const bytes = Buffer.from(`picture ${++renders}`);
      return { bytes, width: 10, height: 10, ...(await answer()) };
    },
  } as Partial<RenderPool> as RenderPool;
  cache = createCache(await openMemoryStore('', 1_000_000), { maxBytes: 1_000_000, onFault: () => undefined });
  const images = {
    identify: async (_workspace: string, _template: unknown, refs: readonly string[]) =>
      refs.map((ref) => digests[ref] ?? ref),
    load: async (_workspace: string, _template: unknown, refs: readonly string[]) =>
      Object.fromEntries(refs.map((ref) => [ref, loaded[ref] ?? null])),
    quarantine: (digests: readonly string[]) => void quarantined.push(...digests),
  };
  parts = { build: 'build', cache, pool, images };
  pictures = createPictures(parts);
});

describe('the key of a picture', () => {
  it('depends on all that is drawn, and on nothing else', async () => {
    const first = await pictures.keyOf(drawing({ data: { seen: 'a' } }));
    expect(await pictures.keyOf(drawing({ data: { seen: 'a', unseen: 'whatever' } }))).toBe(first);
    const others = await Promise.all([
      pictures.keyOf(drawing({ data: { seen: 'b' } })),
      pictures.keyOf(drawing({ data: { seen: 'a', photo: 'https://cdn.example.com/a.png' } })),
      pictures.keyOf(drawing({ data: { seen: 'a', photo: 'initials:Q' } })),
      pictures.keyOf(drawing({ data: { seen: 'a' }, format: 'png' })),
      pictures.keyOf(drawing({ data: { seen: 'a' }, scale: 2 })),
      pictures.keyOf(drawing({ data: { seen: 'a' }, published: { ...published, digest: 'other' } })),
    ]);
    expect(new Set([first, ...others]).size).toBe(7);
  });

  it('changes with the bytes behind the name of an asset', async () => {
    const of = () => pictures.keyOf(drawing({ data: { photo: 'asset:face' } }));
    digests['asset:face'] = 'one';
    const before = await of();
    digests['asset:face'] = 'two';
    expect(await of()).not.toBe(before);
  });
});

describe('making a picture', () => {
  it('happens once for a thousand who ask at once, and is a find from then on', async () => {
    const key = await pictures.keyOf(drawing());
    const made = await Promise.all(Array.from({ length: 1000 }, () => pictures.make(drawing(), key)));
    expect(renders).toBe(1);
    expect(new Set(made.map(({ bytes }) => bytes.toString()))).toEqual(new Set(['picture 1']));
    expect(pictures.peek(key)?.toString()).toBe('picture 1');
    expect((await pictures.find(key))?.toString()).toBe('picture 1');
  });

  it('gives back the memory of one made for later once it is written, unless somebody asked for it meanwhile', async () => {
    let givenBack = 0;
    answer = async () => ({ warnings: [], giveBack: () => givenBack++ });
    // Of a store that keeps what is in a buffer.
    const { keepsBuffers: _, ...store } = await openMemoryStore('', 1_000_000);
    cache = createCache(store, { maxBytes: 1_000_000, onFault: () => undefined });
    pictures = createPictures({ ...parts, cache });
    await pictures.make(drawing(), 'alone', { isForLater: true });
    await cache.pin(['alone'], Date.now() + 60_000);
    expect(givenBack).toBe(1);
    const both = await Promise.all([
      pictures.make(drawing(), 'both', { isForLater: true }),
      pictures.make(drawing(), 'both'),
    ]);
    await cache.pin(['both'], Date.now() + 60_000);
    expect(new Set(both).size).toBe(1);
    expect(givenBack).toBe(1);
  });

  it('is not tried again at once when it failed, unless there was only no room', async () => {
    answer = () => Promise.reject(new AppError('render_failed', 'twice'));
    for (let i = 0; i < 3; i++)
      await expect(pictures.make(drawing(), 'bad')).rejects.toMatchObject({ code: 'render_failed' });
    expect(renders).toBe(1);
    answer = () => Promise.reject(new AppError('overloaded', 'full'));
    for (let i = 0; i < 3; i++)
      await expect(pictures.make(drawing(), 'busy')).rejects.toMatchObject({ code: 'overloaded' });
    expect(renders).toBe(4);
  });

  it('is tried once more when it took too long: the process may have hung', async () => {
    answer = () => Promise.reject(new AppError('render_timeout', 'late'));
    for (let i = 0; i < 4; i++)
      await expect(pictures.make(drawing(), 'slow')).rejects.toMatchObject({ code: 'render_timeout' });
    expect(renders).toBe(2);
  });

  const photo = 'https://cdn.example.com/a.jpg';
  const withPhoto = () => drawing({ data: { photo } });

  it('goes without what ended two processes, at once and from then on', async () => {
    loaded = { [photo]: { bytes: Buffer.from('killer'), digest: 'its digest' } };
    answer = async () => {
      if (given[photo]) throw new AppError('render_crashed', 'twice');
      return { warnings: [{ code: 'image_missing', message: 'photo' }] };
    };
    expect(await pictures.make(withPhoto(), 'key')).toMatchObject({ isWhole: false });
    expect(quarantined).toEqual(['its digest']);
    loaded = {};
    await expect(pictures.make(drawing(), 'other')).resolves.toMatchObject({ isWhole: false });
    answer = () => Promise.reject(new AppError('render_crashed', 'twice'));
    await expect(pictures.make(drawing(), 'another')).rejects.toMatchObject({ code: 'render_crashed' });
    expect(quarantined).toEqual(['its digest']);
  });

  it('keeps it as what was drawn, though it was asked for before anybody had seen what that is', async () => {
    loaded = { [photo]: { bytes: Buffer.from('photo'), digest: 'its digest' } };
    const asked = await pictures.keyOf(withPhoto());
    await pictures.make(withPhoto(), asked);
    expect(pictures.peek(asked)).toBeUndefined();
    digests[photo] = 'its digest';
    expect(pictures.peek(await pictures.keyOf(withPhoto()))?.toString()).toBe('picture 1');
  });

  it('never keeps a picture with a missing part as the good one', async () => {
    answer = async () => ({ warnings: [{ code: 'image_missing', message: 'photo' }] });
    const first = await pictures.make(drawing(), 'key');
    expect(first.isWhole).toBe(false);
    expect(await pictures.make(drawing(), 'key')).toBe(first);
    expect(await pictures.find('key')).toBeUndefined();
    expect(renders).toBe(1);
  });
});

describe('the endpoint', () => {
  it('answers any text with a refusal, never with an error', async () => {
    const endpoint = createEndpointFor({ pictures });
    const target = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.webPath({ size: 'large' }));
    await fc.assert(
      fc.asyncProperty(target, fc.option(fc.string(), { nil: undefined }), async (text, ifNoneMatch) => {
        const { status, headers } = await endpoint.answer(`/i/${text}`, ifNoneMatch);
        expect(status).toBe(403);
        expect(headers.join()).toContain('no-store');
      }),
      { numRuns: 2000 },
    );
    expect(renders).toBe(0);
  });
});
