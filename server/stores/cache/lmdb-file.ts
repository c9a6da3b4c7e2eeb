import { open as openFile } from 'node:fs/promises';

/** The size of a page in our files. */
export const PAGE_BYTES = 4096;

/**
 * Whether a file can be LMDB's, or is not there yet. Opening any other ends the process in its native code, so its two
 * heads are read first: the mark at byte 24 of each, the page size at 48, the number of the last page at 144.
 */
export async function isSound(path: string): Promise<boolean> {
  const file = await openFile(path).catch(() => undefined);
  if (!file) return true;
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(2 * PAGE_BYTES);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return (
      bytesRead === head.length &&
      [0, PAGE_BYTES].every(
        (at) =>
          head.readUInt32LE(at + 24) === 0xbeefc0de &&
          head.readUInt32LE(at + 48) === PAGE_BYTES &&
          (head.readUInt32LE(at + 144) + 1) * PAGE_BYTES <= size,
      )
    );
  } finally {
    await file.close();
  }
}
