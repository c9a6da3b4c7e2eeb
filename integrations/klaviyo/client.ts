import type { ApiKeySession, Session } from 'klaviyo-api';
import { AppError } from '../../core/errors.ts';
import { createCall } from '../calls.ts';
import type { ConnectorOptions } from '../connector.ts';
import type { Limit } from '../pace.ts';
import { createTokens, takenBack } from './oauth.ts';
import { explain, faultOf, refusalOf } from './trouble.ts';

/**
 * Klaviyo's classes of limits. All calls of a class share one here, which holds whether Klaviyo counts them together or one
 * by one. In a second there are fewer than the 3, 10 and 75 it allows, by at least as many as are under way at once: what was
 * sent in two seconds may arrive in one.
 */
export const limits = {
  XS: { perSecond: 1, perMinute: 15, atOnce: 1 },
  S: { perSecond: 2, perMinute: 60, atOnce: 1 },
  M: { perSecond: 6, perMinute: 150, atOnce: 4 },
  L: { perSecond: 60, perMinute: 750, atOnce: 8 },
} satisfies Record<string, Limit>;

/** What is called: its class of limits, what it is for in a sentence, and the scopes it needs, the first one most likely missing. */
export const calls = {
  account: { limit: 'XS', does: 'read the account', scopes: ['accounts:read'] },
  profiles: { limit: 'L', does: 'read profiles', scopes: ['profiles:read'] },
  lists: { limit: 'L', does: 'read lists', scopes: ['lists:read'] },
  segments: { limit: 'L', does: 'read segments', scopes: ['segments:read'] },
  listMembers: { limit: 'L', does: 'read the profiles of a list', scopes: ['lists:read', 'profiles:read'] },
  segmentMembers: { limit: 'L', does: 'read the profiles of a segment', scopes: ['segments:read', 'profiles:read'] },
  startImport: { limit: 'M', does: 'write into profiles', scopes: ['profiles:write', 'lists:write'] },
  followImport: { limit: 'M', does: 'follow what it writes', scopes: ['lists:read', 'profiles:read'] },
  campaigns: { limit: 'M', does: 'read campaigns', scopes: ['campaigns:read'] },
  campaignTemplate: { limit: 'M', does: "read a campaign's email", scopes: ['campaigns:read', 'templates:read'] },
  assignTemplate: { limit: 'M', does: "change a campaign's email", scopes: ['campaigns:write'] },
  templates: { limit: 'L', does: 'read templates', scopes: ['templates:read'] },
  changeTemplate: { limit: 'L', does: 'change templates', scopes: ['templates:write'] },
  universalContent: { limit: 'M', does: 'read universal content', scopes: ['templates:read'] },
  changeUniversalContent: { limit: 'M', does: 'change universal content', scopes: ['templates:write'] },
  flowTemplate: { limit: 'S', does: "read a flow's email", scopes: ['templates:read'] },
  flows: { limit: 'S', does: 'read flows', scopes: ['flows:read'] },
  changeFlow: { limit: 'S', does: 'change flows', scopes: ['flows:write'] },
} as const satisfies Record<
  string,
  { readonly limit: keyof typeof limits; readonly does: string; readonly scopes: readonly string[] }
>;

/** The name of a call in `calls`. */
export type CallName = keyof typeof calls;

/** The parts of the library that are used, opened for one call. */
export type Apis = ReturnType<typeof open>;

/**
 * An account. `ask` gives the answer's JSON as it came, in Klaviyo's own names: the library's models drop what they do not
 * know. Undefined when Klaviyo has no such thing.
 */
export type Client = {
  ask<Body>(
    name: CallName,
    signal: AbortSignal,
    work: (apis: Apis) => Promise<{ readonly response: { readonly data: unknown } }>,
  ): Promise<Body | undefined>;
};

// Longer than any of their answers takes, shorter than the deadline of a call.
const ANSWER_MS = 45_000;
const MOST_BYTES = 64 * 1024 * 1024;

/** A client for one account: it shares nothing with another. */
export async function createClient(options: ConnectorOptions): Promise<Client> {
  const { credentials, baseUrl, pace } = options;
  // Large, and of no use to a process that has no connection to Klaviyo.
  const library = await import('klaviyo-api');
  const call = createCall('Klaviyo', pace, explain);
  const once = () => new library.RetryWithExponentialBackoff({ retryCodes: [], numRetries: 1 });
  const tokens = credentials.kind === 'oauth' ? createTokens({ ...options, credentials }) : undefined;

  async function authorized(signal: AbortSignal): Promise<Pick<ApiKeySession, 'applyToRequest' | 'requestWithRetry'>> {
    if (credentials.kind === 'key') return new library.ApiKeySession(credentials.apiKey, once());
    return new library.OAuthBasicSession((await tokens?.current(signal)) ?? '', once());
  }

  async function attempt(
    name: CallName,
    signal: AbortSignal,
    work: Parameters<Client['ask']>[2],
    isRenewed = false,
  ): Promise<unknown> {
    const session = await authorized(signal);
    try {
      const { data } = (await work(open(library, withDeadline(session, signal), baseUrl))).response;
      if (!isTheirs(data)) throw new Error('This is no answer of Klaviyo.');
      return data;
    } catch (error) {
      const fault = faultOf(error);
      // Whoever is missing is erased here: only Klaviyo itself can say so, not what stands in front of it.
      if (fault?.status === 404 && fault.code !== undefined) return undefined;
      if (fault?.status === 401 && tokens) {
        if (isRenewed) throw takenBack();
        await tokens.renew(signal);
        return attempt(name, signal, work, true);
      }
      const refusal = fault && refusalOf(fault, calls[name]);
      throw refusal ?? error;
    }
  }

  return {
    ask: (name, signal, work) =>
      call(calls[name].limit, signal, (within) => attempt(name, within, work)) as Promise<never>,
  };
}

/** All that Klaviyo answers is under `data`, or is nothing; the page of a proxy, which the library lets pass, is neither. */
const isTheirs = (body: unknown): boolean =>
  body === '' || (typeof body === 'object' && body !== null && 'data' in body && body.data !== null);

type Library = typeof import('klaviyo-api');

/** Neither repeats anything nor waits for ever: whoever calls does the first, and the library has no second. */
const withDeadline = (
  session: Pick<ApiKeySession, 'applyToRequest' | 'requestWithRetry'>,
  signal: AbortSignal,
): Session => ({
  applyToRequest: (options) => session.applyToRequest(options),
  requestWithRetry: (config) =>
    session.requestWithRetry({ ...config, signal, timeout: ANSWER_MS, maxRedirects: 0, maxContentLength: MOST_BYTES }),
  refreshAndRetry: () => false,
});

function open(library: Library, session: Session, baseUrl: string | undefined) {
  const at = <Api extends { basePath: string }>(Type: new (session: Session) => Api): Api => {
    const api = new Type(session);
    if (baseUrl !== undefined) api.basePath = baseUrl;
    return api;
  };
  return {
    accounts: () => at(library.AccountsApi),
    profiles: () => at(library.ProfilesApi),
    lists: () => at(library.ListsApi),
    segments: () => at(library.SegmentsApi),
    campaigns: () => at(library.CampaignsApi),
    templates: () => at(library.TemplatesApi),
    flows: () => at(library.FlowsApi),
    /** Sends JSON as it is: the library's models would leave out of it what they do not know. */
    async send(method: 'POST' | 'PATCH', path: string, data: unknown) {
      const headers = { accept: 'application/vnd.api+json', 'content-type': 'application/vnd.api+json' };
      const url = `${at(library.TemplatesApi).basePath}${path}`;
      const config = { method, url, data: JSON.stringify(data), headers };
      await session.applyToRequest(config);
      return { response: await session.requestWithRetry(config) };
    },
  };
}

/** What nothing goes on without. Throws `connection_refused` when Klaviyo has no such thing. */
export function held<Body>(body: Body | undefined, what: string): Body {
  if (body === undefined)
    throw new AppError('connection_refused', `This Klaviyo account has no ${what} any more: choose another.`);
  return body;
}
