import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseTemplate } from '../../core/template/parse.ts';
import type { Blobs } from '../../server/stores/blobs/blobs.ts';
import { moveChannel } from '../../server/stores/records/channels.ts';
import { openRecords, type Records } from '../../server/stores/records/index.ts';
import { addVersion, changeVersion } from '../../server/stores/records/templates.ts';
import { createLibrary } from '../../server/templates/library.ts';

const workspace = 'default';
const name = 'hero';
let db: Records;
beforeAll(async () => {
  db = await openRecords(`sqlite:${join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'mergepix.db')}`, 1);
});
afterAll(() => db.destroy());

async function publish(version: number): Promise<void> {
  const shape = { id: 'a', type: 'shape', shape: 'rect', box: { x: 0, y: 0, width: 9, height: 9 } };
  const document = JSON.stringify(parseTemplate({ name, size: { width: 9, height: 9 }, alt: 'x', layers: [shape] }));
  await addVersion(db, { workspace, name, document, by: 'a', now: 1 });
  const frozen = { state: 'published', digest: `d${version}`, fallback: `f${version}` } as const;
  await changeVersion(db, { workspace, name, version }, ['draft'], frozen);
  await moveChannel(db, { workspace, name, channel: 'production', version, by: 'a', now: 1 });
}

it('shows what a channel showed until now while the next version cannot be read in time', async () => {
  let release = (): void => undefined;
  const stuck = new Promise<void>((resolve) => {
    release = resolve;
  });
  const get = async (digest: string): Promise<undefined> => {
    if (digest === 'f2') await stuck;
    return undefined;
  };
  const library = createLibrary({ records: db, blobs: { get } as unknown as Blobs });
  const shown = async () => (await library.get(workspace, name, { channel: 'production' }))?.version;
  await publish(1);
  expect(await shown()).toBe(1);
  await publish(2);
  library.expireLive(workspace, name);
  expect(await shown()).toBe(1);
  release();
  await expect.poll(shown).toBe(2);
});
