import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../server/stores/folder.ts';

const root = mkdtempSync(join(tmpdir(), 'mergepix-folder-'));

describe('making a folder', () => {
  it('makes those above it too, for the owner alone, and leaves one that is there', async () => {
    const path = join(root, 'a', 'b', 'c');
    await makeFolder(path);
    await makeFolder(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('is refused below a file', async () => {
    writeFileSync(join(root, 'file'), '');
    await expect(makeFolder(join(root, 'file', 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('comes back where the system takes no folders at all', async () => {
    const nowhere = existsSync('/proc/self') ? '/proc/mergepix/data' : join(root, 'file', 'x');
    await expect(makeFolder(nowhere)).rejects.toThrow();
  });
});
