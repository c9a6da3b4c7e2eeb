import { createHmac } from 'node:crypto';
import type { FakeList, FakeMember } from './account.ts';

/** What happened to a member, who did it, and how it is told. */
export type Announcement = {
  readonly event: 'subscribe' | 'unsubscribe' | 'profile' | 'cleaned' | 'upemail';
  readonly member: FakeMember;
  readonly source?: 'user' | 'admin' | 'api';
  /** What stands in `data` over the usual, such as `action: 'delete'` or `old_email`. */
  readonly data?: Readonly<Record<string, string>>;
  /** Signs it with this secret; nothing signs it otherwise: "support has said that audience webhooks carry none". */
  readonly secret?: string;
  readonly firedAt?: number;
};

/** The form and the headers of a webhook's call: "Webhooks are form-encoded". */
export function webhookCall(list: FakeList, { event, member, data = {}, secret, firedAt = Date.now() }: Announcement) {
  const form = new URLSearchParams({
    type: event,
    fired_at: new Date(firedAt).toISOString().slice(0, 19).replace('T', ' '),
    'data[id]': member.id.slice(0, 10),
    'data[email]': member.email,
    'data[email_type]': 'html',
    'data[web_id]': '1',
    'data[list_id]': list.id,
  });
  for (const { tag } of list.mergeFields) form.set(`data[merges][${tag}]`, String(member.fields[tag] ?? ''));
  form.set('data[merges][EMAIL]', member.email);
  for (const [name, value] of Object.entries(data)) form.set(`data[${name}]`, value);
  const body = form.toString();
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
  if (secret !== undefined) {
    const at = Math.floor(firedAt / 1000);
    // "HMAC-SHA256 over t.rawbody"
    const digest = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
    headers['x-mailchimp-signature'] = `t=${at},v1=${digest}`;
  }
  return { body, headers };
}

/** Calls every webhook of the audience that listens to it, and gives what they answered: "10 s limit". */
export async function announce(list: FakeList, announcement: Announcement): Promise<number[]> {
  const listening = list.webhooks.filter(
    ({ events, sources }) => events[announcement.event] && sources[announcement.source ?? 'admin'],
  );
  return Promise.all(
    listening.map(async ({ url, secret = announcement.secret }) => {
      const { body, headers } = webhookCall(list, { ...announcement, ...(secret !== undefined && { secret }) });
      const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
      await answer.body?.cancel();
      return answer.status;
    }),
  );
}
