import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, refusal } from './answer.ts';
import type { ImageEndpoint } from './endpoint.ts';

/** Serves `/i/…` over HTTP, GET and HEAD; `target` is the path with its raw query. */
export function handleImage(
  endpoint: ImageEndpoint,
  request: IncomingMessage,
  response: ServerResponse,
  target: string,
): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(response, refusal(405, 'Ask for pictures with GET.'));
    return;
  }
  const { 'if-none-match': ifNoneMatch, 'user-agent': userAgent } = request.headers;
  const answer = endpoint.answer(target, ifNoneMatch, userAgent);
  if (answer instanceof Promise) void answer.then((late) => send(response, late));
  else send(response, answer);
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  // A hit is written in one piece: no header objects, no ETag of the body, nothing to wait for.
  response.writeHead(status, headers as string[]);
  response.end(body);
}
