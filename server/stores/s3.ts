import type { S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../../core/errors.ts';
import { createBreaker } from '../breaker.ts';
import type { S3Settings } from '../config.ts';
import { isLate } from '../deadline.ts';
import { collect } from '../outgoing/body.ts';

/** Where an object is. */
export type S3Place = { readonly bucket: string; readonly key: string };

/** An object as it was read; the entity tag changes with its bytes. */
export type S3Object = { readonly bytes: Buffer; readonly etag: string };

/**
 * Objects of any store that speaks S3. Every call has a deadline in ms and is tried twice at most; all throw
 * `blobs_unavailable` when the store does not answer in time or refuses, at once while it is known to be out.
 */
export type S3 = {
  /**
   * An object; undefined when there is none, or `unchanged` when it still has the given entity tag. Throws
   * `fetch_failed` when it is larger than `maxBytes`.
   */
  get(
    place: S3Place,
    limits: { readonly maxBytes: number; readonly timeoutMs: number; readonly etag?: string | undefined },
  ): Promise<S3Object | 'unchanged' | undefined>;
  put(place: S3Place, bytes: Uint8Array, timeoutMs: number, mime?: string): Promise<void>;
  close(): Promise<void>;
};

type Opened = { readonly sdk: typeof import('@aws-sdk/client-s3'); readonly client: S3Client };

const CONNECT_MS = 1000;

/** Connects when first used: its library takes 25 MB, and most installations keep everything in a folder. */
export function createS3({ endpoint, region, credentials }: S3Settings): S3 {
  const breaker = createBreaker();
  let opened: Promise<Opened> | undefined;
  const open = async (): Promise<Opened> => {
    const sdk = await import('@aws-sdk/client-s3');
    const client = new sdk.S3Client({
      region,
      maxAttempts: 2,
      requestHandler: { connectionTimeout: CONNECT_MS },
      // Stores other than Amazon's do not know the newer checksums; our own digests are checked anyway.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      ...(credentials && { credentials }),
    });
    return { sdk, client };
  };

  /** Runs one call; its signal ends it at its deadline. */
  async function call<Result>(
    timeoutMs: number,
    work: (parts: Opened, abortSignal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const unavailable = (cause?: unknown) =>
      new AppError('blobs_unavailable', 'S3 does not answer, or refuses: check MERGEPIX_S3_ENDPOINT and its keys.', {
        cause,
      });
    opened ??= open();
    // Reading the library from the disk says nothing about the store.
    const parts = await opened;
    const signal = AbortSignal.timeout(timeoutMs);
    const ask = () =>
      work(parts, signal).catch((error: unknown) => {
        // Nor is it out when it refuses, such as a bucket that is closed to us.
        const status = statusOf(error) ?? 0;
        throw status >= 400 && status < 500 ? unavailable(error) : error;
      });
    const result = await breaker.within(ask, timeoutMs).catch((cause: unknown) => {
      throw cause instanceof AppError ? cause : unavailable(cause);
    });
    if (isLate(result)) throw unavailable();
    return result;
  }

  return {
    get: ({ bucket, key }, { maxBytes, timeoutMs, etag }) =>
      call(timeoutMs, async ({ sdk, client }, abortSignal) => {
        const order = { Bucket: bucket, Key: key, ...(etag !== undefined && { IfNoneMatch: etag }) };
        try {
          const { Body, ETag = '' } = await client.send(new sdk.GetObjectCommand(order), { abortSignal });
          return { bytes: await collect(Body as AsyncIterable<Buffer>, maxBytes), etag: ETag };
        } catch (error) {
          if (statusOf(error) === 304) return 'unchanged';
          if (statusOf(error) === 404) return undefined;
          throw error;
        }
      }),
    put: ({ bucket, key }, bytes, timeoutMs, mime) =>
      call(timeoutMs, async ({ sdk, client }, abortSignal) => {
        const order = { Bucket: bucket, Key: key, Body: bytes, ...(mime !== undefined && { ContentType: mime }) };
        await client.send(new sdk.PutObjectCommand(order), { abortSignal });
      }),
    close: async () => (await opened)?.client.destroy(),
  };
}

const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
