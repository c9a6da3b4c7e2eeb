import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the fake behaves: as it should, answering 500, never answering, or breaking off in the middle of an object. */
export type S3Mode = 'well' | 'failing' | 'hanging' | 'breaking';

/** A store that speaks enough S3 over real HTTP: objects by path, signatures looked at, one bucket called `pictures`. */
export type FakeS3 = {
  readonly endpoint: string;
  readonly settings: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** By `bucket/key`. */
  readonly objects: Map<string, Buffer>;
  /** Method and path of every request that came. */
  readonly requests: string[];
  mode: S3Mode;
  close(): Promise<void>;
};

const REGION = 'eu-central-1';
const KEY_ID = 'AKIAFAKE';
const SIGNATURE = new RegExp(
  `^AWS4-HMAC-SHA256 Credential=${KEY_ID}/\\d{8}/${REGION}/s3/aws4_request, SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*, Signature=[0-9a-f]{64}$`,
);

const fault = (response: ServerResponse, status: number, code: string) =>
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);

export async function startFakeS3(): Promise<FakeS3> {
  const objects = new Map<string, Buffer>();
  const requests: string[] = [];
  const fake = { mode: 'well' as S3Mode };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const path = decodeURIComponent(new URL(request.url ?? '', 'http://s3').pathname.slice(1));
    requests.push(`${request.method} ${path}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (fake.mode === 'hanging') return undefined;
    if (fake.mode === 'failing') return fault(response, 500, 'InternalError');
    if (!SIGNATURE.test(request.headers.authorization ?? '')) return fault(response, 403, 'SignatureDoesNotMatch');
    const promised = String(request.headers['x-amz-content-sha256']);
    if (/^[0-9a-f]{64}$/.test(promised) && createHash('sha256').update(body).digest('hex') !== promised)
      return fault(response, 400, 'XAmzContentSHA256Mismatch');
    if (!path.startsWith('pictures/')) return fault(response, 404, 'NoSuchBucket');
    if (request.method === 'PUT') {
      objects.set(path, body);
      return response.end();
    }
    const object = objects.get(path);
    if (!object) return fault(response, 404, 'NoSuchKey');
    const etag = `"${createHash('md5').update(object).digest('hex')}"`;
    if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end();
    response.writeHead(200, { etag, 'content-length': object.length });
    if (request.method === 'HEAD') return response.end();
    if (fake.mode !== 'breaking') return response.end(object);
    response.write(object.subarray(0, object.length / 2));
    return setTimeout(() => response.destroy(), 20);
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(fake, {
    endpoint,
    settings: { endpoint, region: REGION, credentials: { accessKeyId: KEY_ID, secretAccessKey: 'a-secret' } },
    objects,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
