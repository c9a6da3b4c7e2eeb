import { connect } from 'node:net';

// One buffer serves all connections: each chunk is looked at before the next one is read.
const CHUNK = Buffer.allocUnsafe(256 * 1024);

/** At most `most` kept-alive connections to a port of this machine: more requests than that wait, and their wait counts. */
export function createPool(port, most) {
  const idle = [];
  const all = new Set();
  const queue = [];

  function open() {
    const connection = { waiting: undefined };
    const fail = (message) => {
      all.delete(connection);
      connection.socket.destroy();
      connection.waiting?.reject(new Error(message));
      connection.waiting = undefined;
      queue.shift()?.();
    };
    const take = (count, chunk) => {
      const { waiting } = connection;
      if (!waiting) return fail('unexpected bytes');
      if (waiting.left < 0) {
        const head = chunk.toString('latin1', 0, Math.min(count, 2000));
        const end = head.indexOf('\r\n\r\n');
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
        if (!head.startsWith('HTTP/1.1 200 ') || end < 0 || Number.isNaN(length)) return fail(head.slice(9, 12));
        waiting.outcome = /\r\nx-mergepix-outcome: ([^\r]*)/i.exec(head)?.[1];
        waiting.left = end + 4 + length;
      }
      waiting.left -= count;
      if (waiting.left > 0) return true;
      connection.waiting = undefined;
      clearTimeout(waiting.timer);
      idle.push(connection);
      queue.shift()?.();
      waiting.resolve(waiting.outcome);
      return true;
    };
    connection.socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: CHUNK, callback: take } });
    connection.socket.once('error', ({ code }) => fail(code));
    connection.socket.once('close', () => fail('closed'));
    connection.fail = fail;
    all.add(connection);
    return connection;
  }

  return {
    /** Resolves with the outcome the answer names; rejects on anything but a whole 200 within `limitMs`. */
    async ask(path, limitMs) {
      if (idle.length === 0 && all.size >= most) await new Promise((resolve) => queue.push(resolve));
      let connection = idle.pop();
      while (connection && !all.has(connection)) connection = idle.pop();
      connection ??= open();
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => connection.fail('no answer'), limitMs);
        connection.waiting = { resolve, reject, timer, left: -1, outcome: undefined };
        connection.socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
      });
    },
    close() {
      for (const { socket } of all) socket.destroy();
      all.clear();
    },
  };
}
