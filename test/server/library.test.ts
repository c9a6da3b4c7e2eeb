import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { parseTemplate } from '../../core/template/parse.ts';
import { openRecords } from '../../server/stores/records/index.ts';
import { createLibrary } from '../../server/templates/library.ts';
import { swatch } from '../e2e/service.ts';

afterEach(() => void vi.useRealTimers());

it('has a template without its fallback picture while the blobs are away, and with it once they are back', async () => {
  const records = await openRecords(`sqlite:${join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'records.db')}`, 0);
  const document = JSON.stringify(parseTemplate(swatch()));
  await records
    .insertInto('templates')
    .values({ workspace: 'default', name: 'swatch', tags: '[]', created_at: 1, revoked_at: null })
    .execute();
  const times = { created_at: 1, submitted_at: null, published_at: 2, retired_at: null };
  const people = { waived: '[]', created_by: 'editor', submitted_by: null, published_by: 'approver' };
  const kept = { document, digest: 'a digest', assets: '{}', fallback: 'its picture', note: null };
  await records
    .insertInto('template_versions')
    .values({ workspace: 'default', name: 'swatch', version: 1, state: 'published', ...kept, ...people, ...times })
    .execute();
  const picture = Buffer.from('picture');
  let isAway = true;
  const library = createLibrary({
    records,
    blobs: {
      put: async () => '',
      get: async () => (isAway ? Promise.reject(new Error('away')) : picture),
      delete: async () => undefined,
    },
  });
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const published = await library.get('default', 'swatch', { version: 1 });
  expect(published).toMatchObject({ name: 'swatch', fallback: undefined });
  await vi.runOnlyPendingTimersAsync();
  expect(published?.fallback).toBeUndefined();
  isAway = false;
  await vi.runOnlyPendingTimersAsync();
  expect(published?.fallback).toBe(picture);
  expect(await library.get('default', 'swatch', { version: 1 })).toBe(published);
});
