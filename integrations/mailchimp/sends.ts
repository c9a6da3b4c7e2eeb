import type { Call } from '../calls.ts';
import type { PlannedSend } from '../connector.ts';
import type { Client } from './client.ts';
import { readAll } from './collection.ts';
import { toSend } from './map.ts';

/** Scheduled campaigns whose first recipient gets them between the two times. */
export async function* readSends(
  client: Client,
  call: Call,
  { from, to }: { readonly from: number; readonly to: number },
  signal: AbortSignal,
): AsyncGenerator<PlannedSend> {
  const campaigns = readAll(async (part) => {
    const { campaigns, total_items } = await call('read', signal, (each) => client.scheduled(part, each));
    return { rows: campaigns, total: total_items };
  });
  for await (const campaign of campaigns) {
    const send = toSend(campaign);
    // Mailchimp filters by the time of what was sent only.
    if (send && send.firstAt >= from && send.firstAt <= to) yield send;
  }
}
