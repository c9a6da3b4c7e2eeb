import { chmod, mkdtemp, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createNginx } from '../../examples/deploy/nginx.mjs';
import { describeReal, type RealKind } from '../real/describe.ts';
import { findProgram, freePort } from '../real/process.ts';

type Edge = {
  readonly url: string;
  readonly service: Server;
  readonly log: string;
  asked(): number;
  close(): Promise<void>;
};

// What the service says of a live picture, with a second to live instead of half a minute.
const FRESHNESS = 'public, max-age=1, stale-while-revalidate=600, stale-if-error=600';

/** nginx with our configuration in front of a service that says how often it was asked. */
const realEdge: RealKind<Edge> = {
  name: 'nginx',
  isBeside: true,
  missing: findProgram('nginx', ['/usr/sbin'])
    ? undefined
    : 'needs nginx: apt-get install nginx, or brew install nginx',
  async start() {
    let asked = 0;
    const service = createServer((request, response) => {
      asked += request.url?.startsWith('/i/') ? 1 : 0;
      // As GET /v1/events does: it says something and goes on.
      if (request.url === '/v1/events')
        return response.setHeader('X-Accel-Buffering', 'no').write('event: ready\ndata: {}\n\n');
      response.setHeader('Cache-Control', FRESHNESS).end(`${asked}`);
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const { port } = service.address() as AddressInfo;
    const folder = await mkdtemp(join(tmpdir(), 'mergepix-nginx-'));
    // As root, nginx goes through it as a user of its own.
    await chmod(folder, 0o711);
    const [edgePort, log] = [await freePort(), join(folder, 'nginx.log')];
    const nginx = createNginx(folder, edgePort, [{ url: `http://127.0.0.1:${port}` }], log);
    await nginx.start();
    return {
      ...{ url: nginx.url, service, log },
      asked: () => asked,
      async close() {
        await nginx.stop();
        service.closeAllConnections();
        service.close();
      },
    };
  },
};

describeReal(realEdge, 'nginx in front', (edge) => {
  const ask = async (path: string) => {
    const response = await fetch(edge().url + path);
    return `${response.headers.get('x-cache')} ${await response.text()}`;
  };

  it('keeps pictures by the path and the whole query', async () => {
    expect(await ask('/i/token.png?c=1')).toBe('MISS 1');
    expect(await ask('/i/token.png?c=1')).toBe('HIT 1');
    expect(await ask('/i/token.png?c=2')).toBe('MISS 2');
  });

  it('shows the picture of a moment ago while the next one is made', async () => {
    await expect.poll(() => ask('/i/token.png?c=1'), { timeout: 10_000, interval: 200 }).toBe('STALE 1');
    await expect.poll(() => ask('/i/token.png?c=1'), { timeout: 10_000, interval: 20 }).toMatch(/^HIT [3-9]/);
  });

  it('hands on what the service tells at once, with no end in sight', async () => {
    const stopping = new AbortController();
    const { body } = await fetch(`${edge().url}/v1/events`, { signal: stopping.signal });
    const { value } = (await body?.getReader().read()) ?? {};
    expect(Buffer.from(value ?? []).toString()).toBe('event: ready\ndata: {}\n\n');
    stopping.abort();
  });

  it('shows what it has when the service is gone', async () => {
    await ask('/i/token.png?c=3');
    edge().service.closeAllConnections();
    edge().service.close();
    await expect.poll(() => ask('/i/token.png?c=3'), { timeout: 10_000, interval: 200 }).toMatch(/^STALE \d+$/);
  });

  it('writes no address down, also when the service is gone', async () => {
    edge().service.closeAllConnections();
    edge().service.close();
    expect((await fetch(`${edge().url}/i/token.png?c=somebody`)).status).toBe(502);
    expect(await readFile(edge().log, 'utf8')).not.toContain('somebody');
    expect(await readFile(new URL('../../examples/deploy/nginx.conf', import.meta.url), 'utf8')).toMatch(
      /^ {2}access_log off;$/m,
    );
  });
});
