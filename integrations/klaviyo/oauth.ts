import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import { readText } from '../body.ts';
import type { AuthorizeOrder, ConnectorOptions, Credentials, ExchangeOrder, OAuthClient } from '../connector.ts';

type OAuthCredentials = Extract<Credentials, { kind: 'oauth' }>;

/** Everything that a connection does, asked for when its owner allows the app. */
const scopes = [
  ...['accounts:read', 'profiles:read', 'profiles:write', 'lists:read', 'lists:write', 'segments:read'],
  ...['campaigns:read', 'campaigns:write', 'templates:read', 'templates:write', 'flows:read', 'flows:write'],
];

const AUTHORIZE_ORIGIN = 'https://www.klaviyo.com';
const TOKEN_ORIGIN = 'https://a.klaviyo.com';
const TOKEN_MS = 30_000;
const MOST_BYTES = 64 * 1024;
// A token is not begun to be used when it may end on the way.
const SPARE_MS = 60_000;
// For somebody else to keep what they have renewed.
const OTHERS_MS = 1000;

/** Where somebody allows our app to work with their account. */
export function authorizeUrl({ client, baseUrl, redirectUrl, state, challenge }: AuthorizeOrder): string {
  const url = new URL('/oauth/authorize', baseUrl ?? AUTHORIZE_ORIGIN);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: redirectUrl,
    scope: scopes.join(' '),
    state,
    code_challenge_method: 'S256',
    code_challenge: challenge,
  }).toString();
  return url.href;
}

/** Tokens for the code they came back with. Throws `connection_refused`, or `platform_unavailable`. */
export async function exchange(
  { client, baseUrl, redirectUrl, code, verifier }: ExchangeOrder,
  signal: AbortSignal,
): Promise<Credentials> {
  const grant = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUrl };
  try {
    return await fetchTokens({ baseUrl, client }, grant, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AppError) throw error;
    throw new AppError('platform_unavailable', 'Klaviyo did not answer: allow the connection there once more.');
  }
}

/** The owner of the account has changed their mind, or has not been back for too long. */
export const takenBack = (): AppError =>
  new AppError('connection_refused', 'Klaviyo has taken this access back: connect the account once more.');

type Server = { readonly baseUrl: string | undefined; readonly client: OAuthClient };

async function fetchTokens(
  { baseUrl, client }: Server,
  grant: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<OAuthCredentials> {
  const answer = await fetch(new URL('/oauth/token', baseUrl ?? TOKEN_ORIGIN), {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
    body: new URLSearchParams(grant),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TOKEN_MS)]),
  });
  if (answer.status === 400 || answer.status === 401) {
    await answer.body?.cancel();
    throw takenBack();
  }
  if (!answer.ok) throw new Error(`Klaviyo answered ${answer.status} for a token.`);
  const { access_token, refresh_token, expires_in } = JSON.parse(await readText(answer, MOST_BYTES)) as Record<
    string,
    unknown
  >;
  if (typeof access_token !== 'string') throw new Error('Klaviyo gave no token.');
  return {
    kind: 'oauth',
    accessToken: access_token,
    refreshToken: typeof refresh_token === 'string' ? refresh_token : (grant.refresh_token ?? null),
    expiresAt: typeof expires_in === 'number' ? Date.now() + expires_in * 1000 : null,
  };
}

/** The tokens of one connection: renewed once for everybody who waits for it, and kept before they are used. */
export function createTokens({
  credentials,
  baseUrl,
  oauth: client,
  latest,
  keep,
}: Pick<ConnectorOptions, 'baseUrl' | 'oauth' | 'latest' | 'keep'> & {
  readonly credentials: OAuthCredentials;
}) {
  let held = credentials;
  let renewing: Promise<void> | undefined;

  const isFresh = ({ expiresAt }: OAuthCredentials): boolean =>
    expiresAt === null || expiresAt - SPARE_MS >= Date.now();

  /** Takes over what somebody else has renewed; false when that is nothing, or has ended too. */
  async function adopt(): Promise<boolean> {
    const kept = await latest();
    if (kept.kind !== 'oauth' || kept.accessToken === held.accessToken) return false;
    held = kept;
    return isFresh(kept);
  }

  async function fetchNew(signal: AbortSignal): Promise<void> {
    if (await adopt()) return;
    if (!client || held.refreshToken === null)
      throw new AppError('connection_refused', 'The access to Klaviyo has ended: connect the account once more.');
    const grant = { grant_type: 'refresh_token', refresh_token: held.refreshToken };
    try {
      const renewed = await fetchTokens({ baseUrl, client }, grant, signal);
      await keep(renewed);
      held = renewed;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // A refresh token may be good for one use only, and somebody else may just have made it.
      await pause(OTHERS_MS, undefined, { signal });
      if (!(await adopt())) throw error;
    }
  }

  const renew = (signal: AbortSignal): Promise<void> => {
    renewing ??= fetchNew(signal).finally(() => {
      renewing = undefined;
    });
    return renewing;
  };

  return {
    async current(signal: AbortSignal): Promise<string> {
      if (!isFresh(held)) await renew(signal);
      return held.accessToken;
    },
    /** After a token was refused before its time. */
    renew,
  };
}
