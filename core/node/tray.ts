import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readSync, unlinkSync, writevSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Where the pool puts the first among the descriptors of a new process: after the channel of messages.
const FIRST = 4;
// Before a picture: the number of its order, and whether it is finished.
const HEAD_BYTES = 8;

/** How far a render process is with an order: undefined when it has not begun it. */
export type Progress = 'begun' | 'finished' | undefined;

/** Where a render process lays a finished picture for its parent to take. */
export type Tray = {
  readonly fd: number;
  /**
   * The first `length` bytes of the picture that was laid there last, in memory of that size that is given or else their
   * own; undefined when they are not to be had.
   */
  take(length: number, into?: Buffer): Buffer | undefined;
  /** Where the order of that number stands, also after its process has ended. */
  progress(order: number): Progress;
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

  function read(bytes: Buffer, from: number): Buffer | undefined {
    for (let at = 0; at < bytes.length; ) {
      const count = readSync(fd, bytes, at, bytes.length - at, from + at);
      if (count === 0) return undefined;
      at += count;
    }
    return bytes;
  }

  return {
    fd,
    take(length, into) {
      try {
        // Of its own size: a part of something larger would keep the whole in memory.
        const bytes = read(into ?? Buffer.allocUnsafeSlow(length), HEAD_BYTES);
        // One large picture is no reason to hold as much for as long as the process lives.
        if (length > KEPT_BYTES) ftruncateSync(fd, 0);
        return bytes;
      } catch {
        // A process that has gone mad may say any length: it must end, and not its parent.
        return undefined;
      }
    },
    progress(order) {
      const head = read(Buffer.alloc(HEAD_BYTES), 0);
      if (head?.readUInt32LE(0) !== order) return undefined;
      return head.readUInt32LE(4) === 0 ? 'begun' : 'finished';
    },
    close: () => closeSync(fd),
  };
}

const head = Buffer.alloc(HEAD_BYTES);

function lay(fd: number, order: number, isFinished: boolean, bytes: Buffer): void {
  head.writeUInt32LE(order, 0);
  head.writeUInt32LE(isFinished ? 1 : 0, 4);
  let at = writevSync(fd, [head, bytes], 0) - HEAD_BYTES;
  while (at < bytes.length) at += writevSync(fd, [bytes.subarray(at)], HEAD_BYTES + at);
}

/** The descriptor of one of the trays this process was given, counted from 0. */
export const trayAt = (index: number): number => FIRST + index;

/** Notes on a tray that an order is begun: should that end the process, its parent knows. */
export const noteBegun = (fd: number, order: number): void => lay(fd, order, false, Buffer.alloc(0));

/** Lays the finished picture of an order on a tray, in place of the one before. */
export const layOnTray = (fd: number, order: number, bytes: Buffer): void => lay(fd, order, true, bytes);

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
