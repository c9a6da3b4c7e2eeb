import cliProgress from 'cli-progress';

/** Shows on stderr how far a run is: a bar in a terminal, else a plain line every few seconds. */
export type Progress = {
  /** By one, or by so many. */
  advance(count?: number): void;
  /** So many of so many, where both are told by somebody else. */
  reach(done: number, total: number): void;
  stop(): void;
};

const PAUSE_MS = 5000;

/** Starts showing progress towards `total` pictures, or others. */
export function createProgress(total: number, what = 'pictures'): Progress {
  if (!process.stderr.isTTY) return plainProgress(total, what);
  const bar = new cliProgress.SingleBar(
    { format: `{bar} {value}/{total} ${what}, {eta_formatted} left`, stream: process.stderr, hideCursor: true },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0);
  return {
    advance: (count = 1) => bar.increment(count),
    reach(done, all) {
      bar.setTotal(all);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

function plainProgress(total: number, what: string): Progress {
  let [done, all] = [0, total];
  const tell = () => {
    // As long as nobody knows how many there are, there is nothing to tell.
    if (all > 0) console.error(`${done} of ${all} ${what}`);
  };
  const timer = setInterval(tell, PAUSE_MS);
  return {
    advance: (count = 1) => {
      done += count;
    },
    reach(reached, of) {
      [done, all] = [reached, of];
    },
    stop: () => clearInterval(timer),
  };
}
