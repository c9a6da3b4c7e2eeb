import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Answer } from './answer.ts';
import type { ImageEndpoint } from './endpoint.ts';

// The target is all that lies between the method and the version, or as much of it as came.
const REQUEST_LINE = /^(GET|HEAD) (\/[^\r\n]*?)(?: HTTP\/1\.[01]\r?\n|\r?\n|$)/;

/**
 * Answers a request that Node's parser refused, on its bare socket: tags that a platform did not replace may leave
 * spaces and raw bytes in the request line, and a picture is still what the recipient should see. Anything else is 400.
 */
export async function answerRawRequest(
  endpoint: ImageEndpoint,
  error: Error & { code?: string; rawPacket?: Buffer },
  socket: Duplex,
): Promise<void> {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const [, method, target] = REQUEST_LINE.exec(error.rawPacket?.toString('latin1') ?? '') ?? [];
  if (target?.startsWith('/i/')) write(socket, await endpoint.answer(encodeTarget(target)), method === 'HEAD');
  else socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}

/** Spaces, control characters and bytes past ASCII as escapes; what is escaped already stays. */
const encodeTarget = (target: string): string =>
  target.replace(/[^\x21-\x7e]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);

function write(socket: Duplex, { status, headers, body }: Answer, isHead: boolean): void {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close'];
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.end(isHead ? undefined : body);
}
