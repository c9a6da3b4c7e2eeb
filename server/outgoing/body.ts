import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { AppError } from '../../core/errors.ts';

const decoders = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} satisfies Record<string, () => NodeJS.ReadWriteStream>;

/** Ends an answer whose body nobody wants. */
export const discard = ({ body }: Dispatcher.ResponseData): void => {
  body.on('error', () => undefined).destroy();
};

/** The whole body of an answer, decompressed. Throws `fetch_failed` past `maxBytes`, counted after decompression. */
export async function readBody(
  response: Dispatcher.ResponseData,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const { body, headers } = response;
  try {
    if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
    return await collect(decoded(body, headers['content-encoding'], signal), maxBytes);
  } finally {
    discard(response);
  }
}

/** All bytes of a stream, which is ended past `maxBytes` with `fetch_failed`. */
export async function collect(stream: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

const tooLarge = (maxBytes: number) =>
  new AppError('fetch_failed', `What the address holds is larger than ${sizeOf(maxBytes)}.`);

function decoded(body: Readable, encoding: string | string[] | undefined, signal: AbortSignal): AsyncIterable<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  const name = String(encoding).toLowerCase();
  const decoder = Object.hasOwn(decoders, name) ? decoders[name as keyof typeof decoders] : undefined;
  if (!decoder) throw new AppError('fetch_failed', 'The address answers in an encoding that is not known.');
  return body.compose(decoder(), { signal }) as AsyncIterable<Buffer>;
}

const sizeOf = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.floor(bytes / 1024)} KB` : `${Math.floor(bytes / 1024 / 1024)} MB`;
