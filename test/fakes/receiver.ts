import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came. */
export type Received = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

/** Somebody else's service that events are posted to. */
export type Receiver = {
  readonly url: string;
  readonly received: Received[];
  /** What it answers from now on; `hang` takes the request and says nothing. */
  answer: number | 'hang';
  close(): Promise<void>;
};

/** Starts one on a free port of this machine. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() });
    if (receiver.answer !== 'hang') response.writeHead(receiver.answer).end('thanks');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: 200,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
