/** Bytes named by their sha256 (64 lower-case hex digits): kept for good, checked when read. */
export type Blobs = {
  /** Keeps the bytes and gives their digest; keeping the same bytes again changes nothing. */
  put(bytes: Uint8Array): Promise<string>;
  /** The bytes, or undefined when they are not there or no longer what they were. */
  get(digest: string): Promise<Buffer | undefined>;
};
