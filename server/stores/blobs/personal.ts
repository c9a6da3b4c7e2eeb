import type { Encryption } from '../../access/encryption.ts';
import type { Blobs } from './blobs.ts';

/**
 * Blobs that hold somebody's data, such as the outputs of a batch: encrypted, each for one `context` ("batch:<workspace>:<id>").
 * Equal bytes have different digests, so that deleting one takes nothing from another.
 */
export type PersonalBlobs = {
  /** Gives the digest to read it by: of the encrypted bytes. */
  put(bytes: Uint8Array, context: string): Promise<string>;
  /** Undefined when it is not there; throws `config_invalid` when it belongs to another context or its key is gone. */
  get(digest: string, context: string): Promise<Buffer | undefined>;
  delete(digest: string): Promise<void>;
};

/** Encrypts on the way in and decrypts on the way out. */
export const personalBlobs = (blobs: Blobs, encryption: Encryption): PersonalBlobs => ({
  put: (bytes, context) => blobs.put(encryption.sealBytes(bytes, context)),
  async get(digest, context) {
    const sealed = await blobs.get(digest);
    return sealed && encryption.openBytes(sealed, context);
  },
  delete: (digest) => blobs.delete(digest),
});
