import { createHash } from 'node:crypto';

/** Bytes named by their sha256 (64 lower-case hex digits): kept for good, checked when read. */
export type Blobs = {
  /** Keeps the bytes and gives their digest; keeping the same bytes again changes nothing. */
  put(bytes: Uint8Array): Promise<string>;
  /** The bytes, or undefined when they are not there or no longer what they were. */
  get(digest: string): Promise<Buffer | undefined>;
};

/** The name of some bytes. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Whether a text can be the name of a blob: nothing else may become part of a path. */
export const isDigest = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
