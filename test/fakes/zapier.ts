import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A file that a step put into Zapier's store. */
export type StoredFile = { readonly name: string; readonly mime: string; readonly bytes: Buffer };

/** What Zapier offers a running step: where it was in a list, a store of files, and addresses to be called back at. */
export type FakeZapier = {
  readonly url: string;
  /** By the address that storing it answered. */
  readonly files: Map<string, StoredFile>;
  /** An address of its own, and what is posted to it first, once something is. */
  awaitCallback(): { readonly url: string; readonly posted: Promise<{ headers: Headers; body: unknown }> };
  close(): Promise<void>;
};

export async function startFakeZapier(): Promise<FakeZapier> {
  const files = new Map<string, StoredFile>();
  const cursors = new Map<string, string>();
  const callbacks = new Map<string, (posted: { headers: Headers; body: unknown }) => void>();

  const answers = {
    get_cursor: (storeKey: string) => cursors.get(storeKey) ?? null,
    set_cursor(storeKey: string, [cursor = '']: readonly string[]) {
      cursors.set(storeKey, cursor);
      return null;
    },
    get_presigned_upload_post_data: () => ({ url: `${url}/store/`, fields: { key: `file-${files.size + 1}` } }),
  };

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const headers = new Headers(request.headers as Record<string, string>);
    if (request.url === '/platform/rpc/cli') {
      const { id, method, storeKey, params } = JSON.parse(body.toString());
      const result = answers[method as keyof typeof answers](storeKey, params);
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ id, result }));
    } else if (request.url === '/store/') {
      const form = await new Response(body, { headers }).formData();
      const file = form.get('file') as File;
      const bytes = Buffer.from(await file.arrayBuffer());
      files.set(`${url}/store/${form.get('key')}`, { name: file.name, mime: String(form.get('Content-Type')), bytes });
      response.writeHead(204).end();
    } else {
      callbacks.get(request.url ?? '')?.({ headers, body: JSON.parse(body.toString()) });
      response.end();
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    files,
    awaitCallback() {
      const path = `/callback/${callbacks.size + 1}`;
      return { url: url + path, posted: new Promise((posted) => callbacks.set(path, posted)) };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
