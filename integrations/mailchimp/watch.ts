import { AppError } from '../../core/errors.ts';
import type { Call } from '../calls.ts';
import type { Client, Webhook } from './client.ts';
import { isInvalid, unlessMissing } from './failure.ts';
import { listsOf } from './map.ts';

const EVENTS = { subscribe: true, unsubscribe: true, profile: true, cleaned: true, upemail: true, campaign: false };
// Not what comes through the API: our own writing would call us.
const SOURCES = { user: true, admin: true, api: false };

/**
 * Has every list call the webhook, and only as it is now: one of ours with another secret goes. A segment's list is
 * watched, too: it tells of changes, though not of who comes into the segment.
 */
export async function watchLists(
  client: Client,
  call: Call,
  url: string,
  audiences: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const secrets: string[] = [];
  for (const list of listsOf(audiences)) {
    const { webhooks } = await call('read', signal, (each) => client.webhooks(list, each));
    const ours = webhooks.filter((webhook) => addressOf(webhook.url) === addressOf(url));
    const right = ours.find((webhook) => webhook.url === url && listens(webhook));
    for (const { id } of ours.filter((webhook) => webhook !== right))
      await call('write', signal, (each) => client.removeWebhook(list, id, each).catch(unlessMissing));
    if (right) continue;
    const added = await call('write', signal, (each) => addWebhook(client, list, url, each));
    const secret = added?.signing_secret;
    if (typeof secret === 'string' && secret !== '') secrets.push(secret);
  }
  return secrets;
}

/** Null when a first try has added it, whose answer was lost. Throws `connection_refused` when Mailchimp cannot reach it. */
async function addWebhook(client: Client, list: string, url: string, signal: AbortSignal): Promise<Webhook | null> {
  try {
    return await client.addWebhook(list, { url, events: EVENTS, sources: SOURCES }, signal);
  } catch (error) {
    if (!isInvalid(error)) throw error;
    const { webhooks } = await client.webhooks(list, signal);
    if (webhooks.some((webhook) => webhook.url === url)) return null;
    throw new AppError(
      'connection_refused',
      'Mailchimp could not reach our webhook: see that this service answers at its public address, then try again.',
    );
  }
}

const addressOf = (url: string): string => url.split('?')[0] ?? '';

const listens = ({ events, sources }: Webhook): boolean =>
  Object.entries(EVENTS).every(([name, isOn]) => (events[name] ?? false) === isOn) &&
  Object.entries(SOURCES).every(([name, isOn]) => (sources[name] ?? false) === isOn);
