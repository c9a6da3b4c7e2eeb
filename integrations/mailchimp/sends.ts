import type { Call } from '../calls.ts';
import type { PlannedSend } from '../connector.ts';
import type { Client } from './client.ts';
import { readAll } from './collection.ts';
import { unlessMissing } from './failure.ts';
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

/** What a campaign shows, in each of its contents; its editable sections are filled in. */
export async function readEmails(client: Client, call: Call, send: string, signal: AbortSignal): Promise<string[]> {
  const shown = await call('read', signal, (each) => client.shown(send, each).catch(unlessMissing));
  const { html, archive_html, variate_contents = [] } = shown ?? {};
  // The archive's is all that is told of emails made in some of their editors.
  return [html, archive_html, ...variate_contents.map((content) => content.html)].filter((text) => text !== undefined);
}

/** Whether a campaign that is not scheduled any more goes out or has done so. */
export async function hasBegun(client: Client, call: Call, send: string, signal: AbortSignal): Promise<boolean> {
  const campaign = await call('read', signal, (each) => client.campaign(send, each).catch(unlessMissing));
  return campaign?.status === 'sending' || campaign?.status === 'sent';
}
