import cliProgress from 'cli-progress';

/** Shows on stderr how far a run is: a bar in a terminal, else a plain line every few seconds. */
export type Progress = { advance(): void; stop(): void };

const PAUSE_MS = 5000;

/** Starts showing progress towards `total` pictures. */
export function createProgress(total: number): Progress {
  if (!process.stderr.isTTY) return plainProgress(total);
  const bar = new cliProgress.SingleBar(
    { format: '{bar} {value}/{total} pictures, {eta_formatted} left', stream: process.stderr, hideCursor: true },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0);
  return { advance: () => bar.increment(), stop: () => bar.stop() };
}

function plainProgress(total: number): Progress {
  let done = 0;
  const timer = setInterval(() => console.error(`${done} of ${total} pictures`), PAUSE_MS);
  return {
    advance: () => {
      done++;
    },
    stop: () => clearInterval(timer),
  };
}
