import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

/** An endpoint with live data that can be as bad as those of the world. */
export type FakeSource = {
  readonly url: string;
  /** Targets and headers of the requests so far. */
  readonly asked: { readonly target: string; readonly headers: IncomingMessage['headers'] }[];
  /** What the next requests get, the last one for ever; the first argument is what `json` gives. */
  answers(...next: FakeAnswer[]): void;
};

type FakeAnswer = (response: ServerResponse) => void;

export const json =
  (body: unknown): FakeAnswer =>
  (response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
export const status =
  (code: number, headers: Record<string, string> = {}): FakeAnswer =>
  (response) =>
    response.writeHead(code, headers).end('{}');
export const text =
  (body: string): FakeAnswer =>
  (response) =>
    response.end(body);
export const hang: FakeAnswer = () => undefined;
export const broken: FakeAnswer = (response) => response.socket?.destroy();
/** One byte at a time, for ever. */
export const drip: FakeAnswer = (response) => {
  response.write('{"main":');
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
};

/** Starts one on a free port of an address of this machine. */
export async function startFakeSource(host = '127.0.0.1'): Promise<FakeSource> {
  const asked: FakeSource['asked'] = [];
  let line: FakeAnswer[] = [json({})];
  const server = createServer((request, response) => {
    asked.push({ target: request.url ?? '', headers: request.headers });
    (line.length > 1 ? line.shift() : line[0])?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    asked,
    answers(...next) {
      line = next;
    },
  };
}
