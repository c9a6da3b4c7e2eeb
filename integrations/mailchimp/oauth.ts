import { AppError } from '../../core/errors.ts';
import { readText } from '../body.ts';
import type { AuthorizeOrder, Credentials, ExchangeOrder } from '../connector.ts';
import { DATA_CENTRE } from './connect.ts';
import { readJson } from './json.ts';

const LOGIN = 'https://login.mailchimp.com';
const EXCHANGE_MS = 20_000;
const MOST_BYTES = 64 * 1024;

/** Mailchimp knows no PKCE: what ties the answer to the question is `state`. */
export function authorizeUrl({ client, baseUrl, redirectUrl, state }: AuthorizeOrder): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: redirectUrl,
    state,
  });
  return `${baseUrl ?? LOGIN}/oauth2/authorize?${query}`;
}

/** Exchanges the code, which can be done once only, and asks for the account's data centre. The token never ends. */
export async function exchange(
  { client, baseUrl, redirectUrl, code }: ExchangeOrder,
  signal: AbortSignal,
): Promise<Credentials> {
  const login = baseUrl ?? LOGIN;
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: client.id,
    client_secret: client.secret,
    redirect_uri: redirectUrl,
    code,
  });
  const { access_token } = await ask(`${login}/oauth2/token`, { method: 'POST', body: form }, signal);
  if (typeof access_token !== 'string' || access_token === '') throw refused();
  const { dc } = await ask(`${login}/oauth2/metadata`, { headers: { authorization: `OAuth ${access_token}` } }, signal);
  if (typeof dc !== 'string' || !DATA_CENTRE.test(dc)) throw refused();
  return { kind: 'oauth', accessToken: access_token, refreshToken: null, expiresAt: null, server: dc };
}

async function ask(url: string, order: RequestInit, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  let status: number;
  let text: string;
  try {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(EXCHANGE_MS)]);
    const response = await fetch(url, { ...order, redirect: 'manual', signal: deadline });
    status = response.status;
    text = await readText(response, MOST_BYTES);
  } catch {
    signal.throwIfAborted();
    throw unavailable();
  }
  if (status === 429 || status >= 500) throw unavailable();
  const answer = status === 200 ? readJson(text) : undefined;
  if (!answer) throw refused();
  return answer;
}

const refused = () =>
  new AppError('connection_refused', 'Mailchimp did not let us in: begin again, and allow the app within ten minutes.');

const unavailable = () =>
  new AppError('platform_unavailable', 'Mailchimp did not answer well: begin again in a few minutes.');
