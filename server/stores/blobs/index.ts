import { splitStoreUrl } from '../url.ts';
import { openFileBlobs } from './file.ts';

/** Bytes named by their sha256 (64 lower-case hex digits): kept for good, checked when read. */
export type Blobs = {
  /** Keeps the bytes and gives their digest; keeping the same bytes again changes nothing. */
  put(bytes: Uint8Array): Promise<string>;
  /** The bytes, or undefined when they are not there or no longer what they were. */
  get(digest: string): Promise<Buffer | undefined>;
};

const stores = {
  file: openFileBlobs,
} satisfies Record<string, (rest: string) => Promise<Blobs>>;

/** Opens the blobs at a `file:folder` URL. Throws `start_failed` when they cannot be written. */
export function openBlobs(url: string): Promise<Blobs> {
  const { open, rest } = splitStoreUrl(url, stores);
  return open(rest);
}
