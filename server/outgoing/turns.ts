/** Who may go out now: a bounded number at once, in the order they came. */
export type Turns = {
  /** Waits for a turn and gives what ends it, also when called again; rejects with the signal's reason when that comes first. */
  take(host: string, signal: AbortSignal): Promise<() => void>;
};

type Waiting = { readonly host: string; readonly start: () => void };

/** At most `max` turns at once, at most `maxPerHost` of them to one host: one that hangs must not keep all others out. */
export function createTurns(max: number, maxPerHost: number): Turns {
  const taken = new Map<string, number>();
  const line = new Set<Waiting>();
  let total = 0;

  const isFree = (host: string) => total < max && (taken.get(host) ?? 0) < maxPerHost;

  function begin(host: string): () => void {
    total++;
    taken.set(host, (taken.get(host) ?? 0) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      total--;
      const rest = (taken.get(host) ?? 1) - 1;
      if (rest === 0) taken.delete(host);
      else taken.set(host, rest);
      for (const next of line) {
        if (total >= max) return;
        if (isFree(next.host)) next.start();
      }
    };
  }

  return {
    async take(host, signal) {
      signal.throwIfAborted();
      if (isFree(host)) return begin(host);
      return new Promise((resolve, reject) => {
        const waiting: Waiting = {
          host,
          start() {
            line.delete(waiting);
            signal.removeEventListener('abort', leave);
            resolve(begin(host));
          },
        };
        const leave = () => {
          line.delete(waiting);
          reject(signal.reason);
        };
        line.add(waiting);
        signal.addEventListener('abort', leave, { once: true });
      });
    },
  };
}
