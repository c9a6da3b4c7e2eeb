import type { Agent } from 'undici';
import { AppError } from '../../core/errors.ts';
import { isLate, within } from '../deadline.ts';
import { createAddressGuard } from './addresses.ts';
import { type Answer, checkAddress, type Order } from './order.ts';
import { createTurns } from './turns.ts';

/**
 * The only way out to addresses that somebody else has named: pictures, sources, hooks. No cookies, no referrer, no
 * proxy of the environment, and no connection to an address that is not public.
 */
export type Outgoing = {
  /**
   * Throws `address_refused` when a hop is not allowed, and `fetch_failed` when the answer is late, broken or too large.
   * An error status is an answer like any other.
   */
  request(order: Order): Promise<Answer>;
  close(): Promise<void>;
};

// What is read is held in memory until it is whole: these bound it.
const MAX_AT_ONCE = 16;
const MAX_PER_HOST = 8;

/** A client that reaches public addresses on ports 80 and 443, and those of `allowAddresses` on any port. */
export function createOutgoing({ allowAddresses }: { readonly allowAddresses: readonly string[] }): Outgoing {
  const turns = createTurns(MAX_AT_ONCE, MAX_PER_HOST);
  let agent: Promise<Agent> | undefined;
  // Its libraries take a tenth of the start and of the memory at rest, and many installations never fetch anything.
  const openAgent = async () => {
    const { createGuardedAgent } = await import('./agent.ts');
    return createGuardedAgent(createAddressGuard(allowAddresses));
  };

  async function go(order: Order, signal: AbortSignal): Promise<Answer> {
    const url = checkAddress(order, order.url);
    const end = await turns.take(url.hostname, signal);
    // A connection that is still being made does not hear the signal, and would keep its turn.
    signal.addEventListener('abort', end, { once: true });
    try {
      agent ??= openAgent();
      const { follow } = await import('./follow.ts');
      return await follow(await agent, order, url, signal);
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  return {
    async request(order) {
      const signal = AbortSignal.timeout(order.timeoutMs);
      const late = () => new AppError('fetch_failed', 'The address did not answer in time.');
      const answer = await within(go(order, signal), order.timeoutMs).catch((cause: unknown) => {
        if (cause instanceof AppError) throw cause;
        throw signal.aborted ? late() : new AppError('fetch_failed', 'The address could not be reached.', { cause });
      });
      if (isLate(answer)) throw late();
      return answer;
    },
    close: async () => (await agent)?.destroy(),
  };
}
