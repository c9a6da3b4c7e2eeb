import { type Dispatcher, request } from 'undici';
import { AppError } from '../../core/errors.ts';
import { discard, readBody } from './body.ts';
import { type Answer, checkAddress, type Order } from './order.ts';

const REDIRECTS = [301, 302, 303, 307, 308];
const MAX_REDIRECTS = 3;
const always = { 'accept-encoding': 'identity', 'user-agent': 'Mergepix' };
const harmless = new Set(['accept', 'if-none-match']);

/** Makes the request and those its redirects ask for, each after the same checks. */
export async function follow(dispatcher: Dispatcher, order: Order, first: URL, signal: AbortSignal): Promise<Answer> {
  const { method = 'GET', body, maxBytes, maxRedirects = method === 'GET' ? MAX_REDIRECTS : 0 } = order;
  let url = first;
  let headers = order.headers ?? {};
  for (let hop = 0; ; hop++) {
    const response = await request(url, {
      dispatcher,
      method,
      headers: { ...always, ...headers },
      signal,
      ...(body !== undefined && { body }),
    });
    const { location } = response.headers;
    if (maxRedirects === 0 || !REDIRECTS.includes(response.statusCode) || typeof location !== 'string')
      return answerOf(response, maxBytes, signal);
    discard(response);
    if (hop === maxRedirects)
      throw new AppError('address_refused', `The address redirects more than ${maxRedirects} times.`);
    const next = checkAddress(order, location, url);
    // Once away from where they were meant for, they do not come back either: the way there was a stranger's.
    if (next.origin !== url.origin)
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => harmless.has(name)));
    url = next;
  }
}

async function answerOf(response: Dispatcher.ResponseData, maxBytes: number, signal: AbortSignal): Promise<Answer> {
  const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
  if (maxBytes === 0) discard(response);
  const bytes = maxBytes === 0 ? Buffer.alloc(0) : await readBody(response, maxBytes, signal);
  return { status: response.statusCode, headers, bytes };
}
