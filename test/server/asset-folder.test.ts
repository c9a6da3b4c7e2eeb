import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readAsset } from '../../server/assets/folder.ts';
import { sha256 } from '../../server/stores/blobs/blobs.ts';

it('finds a picture in a folder by its name, whatever version, or by its digest when it is what that says', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mergepix-'));
  const [sea, sky] = [Buffer.from('sea'), Buffer.from('sky')];
  await writeFile(join(folder, 'sea.png'), sea);
  await writeFile(join(folder, `${sha256(sky)}.png`), sky);
  await writeFile(join(folder, `${sha256(sea)}.png`), 'something else');
  expect(await readAsset(folder, 'asset:sea')).toEqual(sea);
  expect(await readAsset(folder, 'asset:sea@7')).toEqual(sea);
  expect(await readAsset(folder, `asset:${sha256(sky)}`)).toEqual(sky);
  expect(await readAsset(folder, `asset:${sha256(sea)}`)).toBeUndefined();
  expect(await readAsset(folder, 'asset:nothing')).toBeUndefined();
});
