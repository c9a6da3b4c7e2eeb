import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Where the pool puts it among the descriptors of a new process: after the channel of messages.
const TRAY = 4;

/** Where a render process lays its finished picture for its parent to take. */
export type Tray = {
  readonly fd: number;
  /** The first `length` bytes of what was laid there last; undefined when they are not to be had. */
  take(length: number): Buffer | undefined;
  close(): void;
};

// Memory first, where the system has it as files: a picture is personal, and belongs on no disk by accident.
const FOLDERS = ['/dev/shm', tmpdir()];
const KEPT_BYTES = 2 ** 20;

/**
 * A tray for a new process: a file without a name, handed down as a descriptor. Through the channel of messages a picture
 * is copied several times over, and to collect the copies costs the service a fifth of what drawing costs. Throws what
 * the system says when no file can be made.
 */
export function openTray(): Tray {
  const fd = openNameless();
  return {
    fd,
    take(length) {
      try {
        // A buffer of its own size: a part of a larger one would keep the whole in memory.
        const bytes = Buffer.allocUnsafeSlow(length);
        for (let at = 0; at < length; ) {
          const read = readSync(fd, bytes, at, length - at, at);
          if (read === 0) return undefined;
          at += read;
        }
        // One large picture is no reason to hold as much for as long as the process lives.
        if (length > KEPT_BYTES) ftruncateSync(fd, 0);
        return bytes;
      } catch {
        // A process that has gone mad may say any length: it must end, and not its parent.
        return undefined;
      }
    },
    close: () => closeSync(fd),
  };
}

/** Lays a picture on the tray of this process, in place of the one before. */
export function layOnTray(bytes: Buffer, fd: number = TRAY): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
}

function openNameless(): number {
  const name = `mergepix-${randomBytes(12).toString('hex')}`;
  let refused: unknown;
  for (const path of FOLDERS.map((folder) => join(folder, name))) {
    try {
      const fd = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
      return fd;
    } catch (error) {
      refused = error;
    }
  }
  throw refused;
}
