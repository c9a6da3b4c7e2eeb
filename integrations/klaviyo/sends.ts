import type { Connector, PlannedSend } from '../connector.ts';
import { type Client, held } from './client.ts';
import { type Campaign, cursorOf, plannedSend, plannedStates } from './map.ts';

const CAMPAIGNS_A_PAGE = 100;
// Their filters cannot ask for a time of sending, so all that are planned come and are looked at here.
const PLANNED = `equals(messages.channel,'email'),any(status,${JSON.stringify(plannedStates)})`;

type Page = { readonly data: readonly Campaign[]; readonly links?: { readonly next?: string | null } };

/** Campaigns whose first recipient gets them between the two times. */
export async function* sends(
  client: Client,
  { from, to }: Parameters<Connector['sends']>[0],
  signal: AbortSignal,
): AsyncIterable<PlannedSend> {
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const page: Page | undefined = await client.ask('campaigns', signal, (apis) =>
      apis.campaigns().getCampaigns(PLANNED, {
        pageSize: CAMPAIGNS_A_PAGE,
        fieldsCampaign: ['name', 'status', 'audiences', 'send_strategy', 'scheduled_at', 'send_time'],
        ...(cursor !== null && { pageCursor: cursor }),
      }),
    );
    const { data, links } = held(page, 'campaigns');
    for (const campaign of data) {
      const send = plannedSend(campaign);
      if (send && send.firstAt >= from && send.firstAt <= to) yield send;
    }
    cursor = cursorOf(links?.next);
  }
}
