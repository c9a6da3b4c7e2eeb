import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Bundle, ZObject } from 'zapier-platform-core';
import { ask } from './ask.ts';
import { isMissing } from './problems.ts';

/** What Zapier keeps of a hook while its Zap is on: the secret is told once, and signs every delivery. */
type Subscription = { readonly id: string; readonly secret: string };

/** An event as it is delivered, of one type; `createdAt` is ISO 8601 in UTC. */
type Event<Data> = { readonly type: string; readonly createdAt: string; readonly data: Data };

// Zapier may hand on what came in when it is less busy. Nobody else sees a delivery that could be sent again.
const OLDEST_S = 3600;
// Clocks differ.
const NEWEST_S = 300;

/** Has the installation tell Zapier of an event; of a template or connection alone where `only` names one. */
export async function subscribe(
  z: ZObject,
  bundle: Bundle,
  event: string,
  only: { readonly template?: string | undefined; readonly connection?: string | undefined },
): Promise<Subscription> {
  const { id, secret } = await ask<Subscription>(z, bundle, {
    url: '/v1/hooks',
    method: 'POST',
    // What is left blank is left out.
    body: { url: bundle.targetUrl, events: [event], only: Object.fromEntries(Object.entries(only).filter(hasValue)) },
  });
  return { id, secret };
}

const hasValue = ([, value]: readonly [string, unknown]): boolean => Boolean(value);

/** Ends it; nothing to do when the hook is gone already. */
export async function unsubscribe(z: ZObject, bundle: Bundle): Promise<{ id: string }> {
  const { id = '' } = bundle.subscribeData ?? {};
  try {
    await ask(z, bundle, { url: `/v1/hooks/${encodeURIComponent(id)}`, method: 'DELETE' });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return { id };
}

/**
 * What was delivered, when it is of the type that was asked for: a trial of the hook is nothing. Halts the run when the installation has
 * not signed it, over the text as it came.
 */
export function readDelivery<Data>(z: ZObject, bundle: Bundle, type: string): Event<Data>[] {
  const { content = '', headers = {} } = bundle.rawRequest ?? {};
  const { secret = '' } = (bundle.subscribeData ?? {}) as Partial<Subscription>;
  // Zapier puts Http- before the names of headers.
  const [, signature = ''] =
    Object.entries(headers).find(([name]) => /^(?:http-)?mergepix-signature$/i.test(name)) ?? [];
  if (secret === '' || !isSigned(secret, signature, content, Date.now()))
    throw new z.errors.HaltedError('This was not sent by your Mergepix, or too long ago: nothing was done with it.');
  const event = JSON.parse(content) as Event<Data>;
  return event.type === type ? [event] : [];
}

/** Whether one signature of `t=<seconds>,v1=<hex>,…` is the HMAC-SHA256 of `<seconds>.<body>`, made not too long ago. */
function isSigned(secret: string, signature: string, body: string, now: number): boolean {
  const parts = signature.split(',').map((part) => part.split('='));
  const time = parts.find(([name]) => name === 't')?.[1] ?? '';
  const age = now / 1000 - Number(time);
  if (!(age < OLDEST_S && age > -NEWEST_S)) return false;
  const expected = createHmac('sha256', secret).update(`${time}.${body}`).digest();
  return parts.some(([name, value]) => {
    const given = Buffer.from(value ?? '', 'hex');
    return name === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}
