import { getPriority, setPriority } from 'node:os';
import { createLog } from '../observe/log.ts';
import { openServices } from '../services.ts';
import type { Start, Tells, Told } from './apart.ts';
import { startJobs } from './index.ts';
import { warmKinds } from './kinds.ts';

// After whoever serves, and after the processes that draw for recipients.
const NICENESS = 14;
const TELL_MS = 2000;

/** Works off large warm-ups until it is told to close, or until the service it belongs to is gone. */
async function work({ config, publicUrl, lease }: Start): Promise<void> {
  try {
    setPriority(Math.min(19, getPriority() + NICENESS));
  } catch {
    // Some sandboxes do not allow it; it works all the same.
  }
  const services = { ...(await openServices(config)), publicUrl };
  const { metrics } = services.observed;
  const jobs = startJobs(services, { kinds: warmKinds, lease });
  const tell = async () => {
    const counts = await metrics.counts();
    // Until it is on its way: the last word comes right before the end.
    if (process.connected)
      await new Promise((told) => process.send?.({ counts } satisfies Tells, undefined, undefined, told));
  };
  const telling = setInterval(() => void tell(), TELL_MS);
  close = async () => {
    close = async () => undefined;
    clearInterval(telling);
    await jobs.close();
    await services.close();
    await tell();
    process.exit(0);
  };
  await tell();
}

/** Ends the process; one that has not begun to work holds nothing. */
let close = async (): Promise<void> => process.exit(0);

// Ctrl-C reaches the whole group: the service says when to close.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => void close());
process.on('disconnect', () => void close());
process.on('message', (message: Start | Told) => {
  if (message.kind === 'close') return void close();
  work(message).catch((error: unknown) => {
    // The service works off its jobs itself meanwhile, and tries again.
    createLog(message.config.logLevel).error('queue.failed', { operation: 'apart' }, error);
    process.exit(1);
  });
});
