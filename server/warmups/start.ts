import { AppError } from '../../core/errors.ts';
import type { Actor } from '../access/roles.ts';
import type { Services } from '../services.ts';
import type { WarmupRecord } from '../stores/records/warmups.ts';
import { warmSend } from './look.ts';
import { orderWarmup, type WarmupOrder } from './order.ts';

/**
 * Has pictures made ahead: those of some links, or, where only a connection and a send are named, those of that planned
 * send, which tells itself what it shows, to whom and when. Throws as `orderWarmup` and `warmSend` do.
 */
export function startWarmup(
  services: Services,
  actor: Pick<Actor, 'workspace' | 'id'>,
  {
    links,
    ...order
  }: Omit<WarmupOrder, 'links' | 'startAt' | 'freshAt'> & { readonly links?: readonly string[] | undefined },
): Promise<WarmupRecord> {
  if (links !== undefined) return orderWarmup(services, actor, { ...order, links });
  const { connection, send, ...told } = order;
  const isToldTwice = Object.values(told).some((value) => value !== undefined);
  if (connection === undefined || send === undefined || isToldTwice)
    throw new AppError(
      'request_invalid',
      'Name the links in the email, or for a planned campaign only its connection and send.',
    );
  return warmSend(services, actor, { connection, send });
}
