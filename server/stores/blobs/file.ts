import { randomBytes } from 'node:crypto';
import { access, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { makeFolder } from '../folder.ts';
import { type Blobs, isDigest, sha256 } from './blobs.ts';

/** Blobs as files of a folder, `ab/cdef…`, spread over 256 folders. Throws `start_failed` when it cannot be made. */
export async function openFileBlobs(path: string): Promise<Blobs> {
  const folder = resolve(path);
  try {
    await makeFolder(folder);
  } catch (cause) {
    throw new AppError(
      'start_failed',
      `The blobs folder ${folder} cannot be made: check MERGEPIX_BLOBS or MERGEPIX_DATA_DIR.`,
      { cause },
    );
  }
  const fileOf = (digest: string) => join(folder, digest.slice(0, 2), digest.slice(2));

  return {
    async put(bytes) {
      const digest = sha256(bytes);
      const file = fileOf(digest);
      const kept = await access(file).then(
        () => true,
        () => false,
      );
      if (!kept) await writeWhole(file, bytes);
      return digest;
    },
    async get(digest) {
      if (!isDigest(digest)) return undefined;
      const bytes = await readFile(fileOf(digest)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      // A damaged file must not be drawn, and must not stop the same bytes from being kept again.
      if (bytes && sha256(bytes) !== digest) {
        await rm(fileOf(digest), { force: true });
        return undefined;
      }
      return bytes;
    },
  };
}

/** A reader sees the whole file or none: written beside, flushed, then renamed. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await makeFolder(dirname(file));
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
