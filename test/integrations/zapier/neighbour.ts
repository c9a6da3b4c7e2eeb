import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

// A key and a certificate that nobody trusts.
const pem = readFileSync(new URL('self-signed.pem', import.meta.url));

/** Something else than Mergepix at an address. With `tls` it speaks https, under a certificate that it signed itself. */
export async function startNeighbour(answer: RequestListener, { tls = false } = {}) {
  const asked: { readonly path: string; readonly authorization: string | undefined }[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization });
    answer(request, response);
  };
  const server = tls ? createTlsServer({ key: pem, cert: pem }, listener) : createServer(listener);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http${tls ? 's' : ''}://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    /** What came, in order. */
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
