// Asks at a fixed rate, whatever comes back: an order over the process channel, a result for each stream of it.
import { createPool } from './connections.mjs';

const DRAIN_MS = 5000;

/**
 * Runs several streams of requests beside each other for `durationMs`. A stream asks for its `paths` in turn, `rate` times
 * a second, over its own `connections`. A latency counts from the moment its request was due, not from when it could be sent, so that a server that
 * makes requests wait cannot hide it by being asked less.
 */
async function generate({ port, streams, durationMs }) {
  const start = performance.now();
  const run = async (stream) => {
    // Of its own: no stream waits for the connections of another.
    const pool = createPool(port, stream.connections);
    const result = await drive(pool, stream, start, durationMs);
    pool.close();
    return result;
  };
  return Promise.all(streams.map(run));
}

function drive(pool, { name, rate, paths }, start, durationMs) {
  const total = Math.floor((rate * durationMs) / 1000);
  const result = { name, asked: total, latencies: [], errors: 0, outcomes: {}, tookMs: 0 };
  let sent = 0;
  let left = total;
  return new Promise((resolve) => {
    const settle = () => {
      if (--left > 0) return;
      result.tookMs = performance.now() - start;
      resolve(result);
    };
    const send = () => {
      const due = start + (sent * 1000) / rate;
      pool.ask(paths[sent++ % paths.length], DRAIN_MS).then(
        (outcome) => {
          result.latencies.push(performance.now() - due);
          result.outcomes[outcome] = (result.outcomes[outcome] ?? 0) + 1;
          settle();
        },
        (error) => {
          result.errors++;
          result.outcomes[error.message] = (result.outcomes[error.message] ?? 0) + 1;
          settle();
        },
      );
    };
    const tick = () => {
      const due = Math.min(total, Math.floor(((performance.now() - start) * rate) / 1000) + 1);
      while (sent < due) send();
      if (sent < total) setTimeout(tick, 1);
    };
    tick();
  });
}

process.on('message', async (order) => process.send(await generate(order)));
