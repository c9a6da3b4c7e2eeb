import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Account, type AccountOptions, createAccount } from './klaviyo/account.ts';
import { type Answer, Refusal } from './klaviyo/answers.ts';
import { emailRoutes, type Unsure } from './klaviyo/emails.ts';
import { createOAuth } from './klaviyo/oauth.ts';
import { type Imports, profileRoutes } from './klaviyo/profiles.ts';
import { limits, type Route } from './klaviyo/route.ts';
import { openSpec } from './spec.ts';

export type { Account as KlaviyoAccount, Campaign, Group, Profile, Template } from './klaviyo/account.ts';

/** What may happen to a request in place of its answer. */
export type Mishap =
  | { readonly kind: 'html'; readonly status: number; readonly body?: string }
  /** Refused for its pace, with or without a Retry-After, with or without a body. */
  | { readonly kind: 'throttled'; readonly retryAfter?: number; readonly isEmpty?: boolean }
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'hang' }
  /** The connection ends in the middle of the answer. */
  | { readonly kind: 'cut' };

/** A request that came. `route` is the name in the tables of routes. */
export type Asked = {
  readonly route: string;
  readonly method: string;
  readonly target: string;
  readonly account: string | null;
  readonly status: number;
  readonly body: unknown;
  /** Bytes of the body. */
  readonly size: number;
};

export type FakeKlaviyoOptions = {
  /** How many times the documented limits; Infinity for none. */
  readonly limits?: number;
  /** ms until an import job is done. */
  readonly importMs?: number;
  /** Whether requests and answers are held against Klaviyo's own description, where that is there. */
  readonly isChecked?: boolean;
};

/** A stand-in for Klaviyo that speaks its API over real HTTP, with as many accounts as are added. */
export type FakeKlaviyo = {
  readonly url: string;
  readonly oauth: ReturnType<typeof createOAuth>;
  readonly asked: Asked[];
  readonly imports: Imports;
  readonly unsure: Unsure;
  /** What was not as Klaviyo's own description has it; `close` throws when there is anything. */
  readonly faults: string[];
  addAccount(options?: AccountOptions): Account;
  /** How many requests of a route came. */
  count(route: string): number;
  /** Lets this happen to the next requests, one after the other; of one route only when it is named. */
  happen(mishaps: readonly Mishap[], route?: string): void;
  close(): Promise<void>;
};

type Spec = NonNullable<ReturnType<typeof openSpec>>;
let opened: { readonly spec: Spec | undefined } | undefined;

/** Starts one on a free port of this machine. */
export async function startFakeKlaviyo(options: FakeKlaviyoOptions = {}): Promise<FakeKlaviyo> {
  const accounts: Account[] = [];
  const asked: Asked[] = [];
  const faults: string[] = [];
  const imports: Imports = { ms: options.importMs ?? 60, isHeld: false, refuse: () => undefined };
  const unsure: Unsure = { flowTemplatesChange: true, campaignTemplatesChange: true };
  const oauth = createOAuth({ clientId: 'our-app', clientSecret: 'our-app-secret', expiresIn: 3600, rotates: false });
  const routes: Route[] = [accountsRoute, ...profileRoutes(imports), ...emailRoutes(unsure)];
  const pending: { readonly mishap: Mishap; readonly route: string | undefined }[] = [];
  const calls = new Map<string, number[]>();
  if (options.isChecked !== false) opened ??= { spec: openSpec('klaviyo') };
  const spec = options.isChecked === false ? undefined : opened?.spec;

  /** Seconds to wait when the account has used the class of calls up; both windows slide, the strictest there is. */
  function overLimit(account: Account, of: Route['limit']): number | undefined {
    const times = options.limits ?? 1;
    if (times === Number.POSITIVE_INFINITY) return undefined;
    const key = `${account.id} ${of}`;
    const now = performance.now();
    const recent = (calls.get(key) ?? []).filter((at) => at > now - 60_000);
    calls.set(key, recent);
    const [perSecond, perMinute] = limits[of];
    const inSecond = recent.filter((at) => at > now - 1000).length;
    if (recent.length >= perMinute * times) return Math.ceil(((recent[0] ?? now) + 60_000 - now) / 1000);
    if (inSecond >= perSecond * times) return 1;
    recent.push(now);
    return undefined;
  }

  function accountOf(authorization: string | undefined): Account | undefined {
    const [, scheme, secret = ''] = /^(Klaviyo-API-Key|Bearer) (\S+)$/.exec(authorization ?? '') ?? [];
    return scheme === 'Bearer' ? oauth.accountOf(secret) : accounts.find(({ apiKey }) => apiKey === secret);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { method = 'GET', url: target = '/' } = request;
    const { pathname, searchParams: query } = new URL(target, origin);
    const route = routes.find((each) => each.method === method && each.path.test(pathname));
    const account = accountOf(request.headers.authorization);
    const name = pathname === '/oauth/token' ? 'token' : (route?.name ?? 'unknown');
    const log = (status: number) => {
      const body = text.startsWith('{') ? JSON.parse(text) : text;
      asked.push({ route: name, method, target, account: account?.id ?? null, status, body, size: text.length });
    };

    const at = pending.findIndex((each) => each.route === undefined || each.route === name);
    const mishap = at < 0 ? undefined : pending.splice(at, 1)[0]?.mishap;
    if (mishap?.kind === 'hang') return log(0);
    if (mishap?.kind === 'html') {
      log(mishap.status);
      response
        .writeHead(mishap.status, { 'content-type': 'text/html' })
        .end(mishap.body ?? '<html><h1>Bad gateway</h1></html>');
      return;
    }
    if (mishap?.kind === 'throttled') {
      log(429);
      throttle(response, mishap.retryAfter, mishap.isEmpty);
      return;
    }
    if (mishap?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, mishap.ms));

    let answer: Answer;
    if (name === 'token') answer = oauth.token(request.headers.authorization, new URLSearchParams(text));
    else {
      if (spec) faults.push(...spec.checkRequest(method, target, request.headers, text));
      try {
        if (!account)
          throw new Refusal(
            401,
            'authentication_failed',
            'Incorrect authentication credentials.',
            'Incorrect authentication credentials.',
          );
        if (!request.headers.revision) throw new Refusal(400, 'invalid', 'Invalid input.', 'A revision is required.');
        if (!route) throw new Refusal(404, 'not_found', 'Not found.', 'The path does not exist.');
        const wait = overLimit(account, route.limit);
        if (wait !== undefined) {
          log(429);
          throttle(response, wait);
          return;
        }
        const allowed = account.scopes();
        const scope = route.scopes.find((each) => allowed && !allowed.has(each));
        if (scope)
          throw new Refusal(
            403,
            'permission_denied',
            'You do not have permission to perform this action.',
            `Missing ${scope}.`,
          );
        const id = decodeURIComponent(route.path.exec(pathname)?.[1] ?? '');
        const body: unknown = text === '' ? undefined : JSON.parse(text);
        answer = route.answer({ account, origin, path: pathname, query, id, body, size: Buffer.byteLength(text) });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        answer = error;
      }
    }
    log(answer.status);
    const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
    if (spec && name !== 'token') faults.push(...spec.checkAnswer(method, target, answer.status, body));
    response.writeHead(answer.status, { 'content-type': 'application/vnd.api+json' });
    if (mishap?.kind !== 'cut') {
      response.end(body);
      return;
    }
    response.write(body.slice(0, body.length / 2));
    setTimeout(() => response.destroy(), 10);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => {
      faults.push(`The stand-in broke: ${error.stack}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url: origin,
    oauth,
    asked,
    imports,
    unsure,
    faults,
    addAccount(order) {
      const account = createAccount(order);
      accounts.push(account);
      return account;
    },
    count: (route) => asked.filter((each) => each.route === route).length,
    happen(mishaps, route) {
      pending.push(...mishaps.map((mishap) => ({ mishap, route })));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (faults.length > 0) throw new Error(`Not as Klaviyo describes it:\n${[...new Set(faults)].join('\n')}`);
    },
  };
}

const accountsRoute: Route = {
  method: 'GET',
  path: /^\/api\/accounts\/?$/,
  name: 'accounts',
  scopes: ['accounts:read'],
  limit: 'XS',
  answer: ({ account, origin }) => ({
    status: 200,
    body: {
      data: [
        {
          type: 'account',
          id: account.id,
          attributes: {
            test_account: false,
            contact_information: {
              default_sender_name: account.name,
              default_sender_email: 'shop@example.com',
              website_url: 'https://shop.example',
              organization_name: account.name,
              street_address: { address1: null, address2: null, city: null, region: null, country: null, zip: null },
            },
            industry: null,
            timezone: 'Europe/Berlin',
            preferred_currency: 'EUR',
            public_api_key: account.id,
            locale: 'en-US',
          },
          links: { self: `${origin}/api/accounts/${account.id}/` },
        },
      ],
      links: { self: `${origin}/api/accounts/` },
    },
  }),
};

/** "a 429" with Retry-After in whole seconds and JSON:API's body, or with neither, as a proxy on the way gives it. */
function throttle(response: ServerResponse, retryAfter: number | undefined, isEmpty = false): void {
  if (isEmpty) {
    response.writeHead(429).end();
    return;
  }
  const { body } = new Refusal(429, 'throttled', 'Request was throttled.', 'Request was throttled.', {
    pointer: '/data/',
  });
  response
    .writeHead(429, {
      'content-type': 'application/vnd.api+json',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    })
    .end(JSON.stringify(body));
}
