import { AppError } from '../../core/errors.ts';
import type { Connector } from '../../integrations/connector.ts';
import type { Services } from '../services.ts';
import type { ConnectionRecord } from '../stores/records/connections.ts';
import { type PlatformId, platforms } from './platforms.ts';

// Somebody waits for the answer.
const ASKED_MS = 20_000;

/**
 * Asks a platform while a request waits for it: what takes longer than 20 s in all, turns and tries included, is
 * `platform_unavailable`.
 */
export async function askPlatform<Answer>(
  { connectors }: Pick<Services, 'connectors'>,
  record: ConnectionRecord,
  ask: (connector: Connector, signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const { title } = platforms[record.platform as PlatformId];
  // Its library is loaded once, which on a busy machine takes seconds that are not the platform's.
  const connector = await connectors.open(record);
  return inTime(title, (signal) => ask(connector, signal));
}

/** The same for what needs no connector. */
export async function inTime<Answer>(title: string, ask: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const signal = AbortSignal.timeout(ASKED_MS);
  try {
    return await ask(signal);
  } catch (error) {
    if (!signal.aborted || error instanceof AppError) throw error;
    throw new AppError('platform_unavailable', `${title} did not answer in time: try again in a moment.`, {
      cause: error,
    });
  }
}
