import { connect } from 'node:net';

/**
 * Asks for one address (or each connection for one of `paths`) over and over on `connections` kept-alive connections, one request at a time on each, for
 * `durationMs`; resolves with the latencies in ms and the time taken. The answers are counted, not kept: after the
 * first one on a connection its length is known, so that the client costs far less than the server it measures.
 * Rejects on anything but a 200, and on an answer of another length.
 */
export async function load({ port, path, paths = [path], connections, durationMs }) {
  const requests = paths.map((each) => Buffer.from(`GET ${each} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`));
  const latencies = [];
  const start = performance.now();
  const end = start + durationMs;
  await Promise.all(
    Array.from({ length: connections }, (_, i) => ask(port, requests[i % requests.length], end, latencies)),
  );
  return { latencies, ms: performance.now() - start };
}

// One buffer serves all connections: each chunk is looked at before the next one is read.
const CHUNK = Buffer.allocUnsafe(256 * 1024);

function ask(port, request, end, latencies) {
  return new Promise((resolve, reject) => {
    let answerLength = 0;
    let received = 0;
    let sent = 0;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: CHUNK, callback: take } });
    const next = () => {
      sent = performance.now();
      socket.write(request);
    };
    const fail = (reason) => {
      socket.destroy();
      reject(new Error(reason));
    };

    function take(count, chunk) {
      if (received === 0) {
        if (chunk.toString('latin1', 0, 13) !== 'HTTP/1.1 200 ') {
          fail(`expected a 200 but the answer begins with ${chunk.toString('latin1', 0, Math.min(count, 40))}`);
          return false;
        }
        answerLength ||= lengthOf(chunk.toString('latin1', 0, count));
      }
      received += count;
      if (received < answerLength) return true;
      const now = performance.now();
      latencies.push(now - sent);
      if (received > answerLength || Number.isNaN(answerLength)) fail('an answer was longer than the one before it');
      else if (now >= end) socket.end(resolve);
      else {
        received = 0;
        next();
      }
      return true;
    }

    socket.once('connect', next);
    socket.once('error', reject);
    socket.once('close', () => fail('the server closed a connection'));
  });
}

/** The bytes of a whole answer, from its head. */
function lengthOf(head) {
  const end = head.indexOf('\r\n\r\n');
  return end + 4 + Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head.slice(0, end + 2))?.[1]);
}
