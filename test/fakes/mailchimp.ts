import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createAccount, type FakeAccount } from './mailchimp/account.ts';
import { type FakeAnswer, type FakeRequest, notFound, ok, problem, trim } from './mailchimp/answer.ts';
import { routesOfCampaigns } from './mailchimp/campaigns.ts';
import { type Routes, routesOfLists, type Unknowns } from './mailchimp/lists.ts';
import { createOAuth, type FakeApp } from './mailchimp/oauth.ts';
import { openSpec, type Spec } from './spec.ts';

export * from './mailchimp/account.ts';
export { announce, webhookCall } from './mailchimp/announce.ts';
export { connectTo } from './mailchimp/connect.ts';
export { sendCampaign, sendTest } from './mailchimp/send.ts';

/**
 * Something going wrong: "a 429 or 403 may carry no JSON", an HTML page of a proxy, a connection that ends in the middle
 * of an answer, an answer that takes long or never ends, one that sends the caller elsewhere.
 */
export type Fault =
  | { readonly kind: 'empty-429' | 'json-429' | 'plain-403' | 'html-502' | 'html-404' | 'html-200' | 'cut' | 'endless' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'redirect'; readonly status: 301 | 302 | 303 | 307 | 308; readonly to: string };

type Options = Partial<Unknowns> & {
  /** Accounts that are there from the beginning; one called Acme otherwise. */
  readonly accounts?: readonly FakeAccount[];
  readonly app?: FakeApp;
  /** "10 simultaneous connections per user". */
  readonly atOnce?: number;
  /** Whether calls are held against Mailchimp's own description, where that is there; a benchmark does without. */
  readonly isChecked?: boolean;
};

/** Mailchimp, as far as platforms.md and its reference tell how it behaves: a server of its own on this machine. */
export type FakeMailchimp = {
  /** What takes the place of Mailchimp's own addresses, without /3.0. */
  readonly url: string;
  readonly accounts: FakeAccount[];
  readonly app: FakeApp;
  /** Every request of the API, in the order they came, without what opens the account. */
  readonly requests: (FakeRequest & { readonly account: FakeAccount | undefined })[];
  /** How many requests of a route there were, such as `GET /lists/{}/members`. */
  count(route: string): number;
  /** Lets the next `times` requests go wrong, of one route or of any. */
  fault(fault: Fault, order?: { readonly route?: string; readonly times?: number }): void;
  /** Is called before each request is answered. */
  before: ((request: FakeRequest) => void | Promise<void>) | undefined;
  /** What of the requests, and of the answers, is not as Mailchimp describes it: nothing, when its description is not there. */
  readonly violations: string[];
  /** The most requests of one account that were under way together. */
  readonly most: number;
  close(): Promise<void>;
};

const routes: Routes = {
  'GET /': ({ id, name, role }) => ok({ account_id: id, account_name: name, role, email: 'owner@example.com' }),
  'GET /ping': () => ok({ health_status: "Everything's Chimpy!" }),
  ...routesOfLists,
  ...routesOfCampaigns,
};

let spec: Spec | undefined;

const patterns = Object.entries(routes).map(([route, handle]) => ({
  route,
  pattern: new RegExp(`^${route.replaceAll('{}', '([^/]+)')}/?$`),
  handle,
}));

/** Starts one on a free port. */
export async function startFakeMailchimp(options: Options = {}): Promise<FakeMailchimp> {
  const { app = { id: 'mergepix-app', secret: 'the-secret-of-the-app' }, atOnce = 10 } = options;
  const unknowns: Unknowns = {
    ...{ strangers: options.strangers ?? 'refused', marks: options.marks ?? 'kept' },
    signatures: options.signatures ?? 'none',
  };
  const accounts = [...(options.accounts ?? [createAccount('Acme')])];
  const requests: FakeMailchimp['requests'] = [];
  const faults: { readonly fault: Fault; readonly route: string | undefined; times: number }[] = [];
  const underWay = new Map<FakeAccount, number>();
  const login = createOAuth(app, accounts);
  const violations: string[] = [];
  if (options.isChecked !== false) spec ??= openSpec('mailchimp');
  const checked = options.isChecked === false ? undefined : spec;
  let most = 0;

  const answerFor = async (request: FakeRequest, account: FakeAccount | undefined): Promise<FakeAnswer> => {
    const asLogin = login(request);
    if (asLogin) return asLogin;
    if (!account)
      return problem(401, 'API Key Invalid', "Your API key may be invalid, or you've attempted the wrong datacenter.");
    // Viewers see reports and authors write campaigns: neither gets to the audiences.
    if (account.role !== 'owner' && account.role !== 'manager' && request.route.startsWith('/lists'))
      return problem(403, 'Forbidden', 'The API key provided does not have access to the requested resource.');
    const path = `${request.method} ${pathOf(request.target)}`;
    const found = patterns.find(({ pattern }) => pattern.test(path));
    if (!found) return notFound();
    const parts = (found.pattern.exec(path) ?? []).slice(1).map(decodeURIComponent);
    return trim(request.query, await found.handle(account, request, parts, unknowns));
  };

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await read(incoming);
    const account = accountOf(accounts, incoming.headers.authorization);
    const { authorization: _, ...headers } = request.headers;
    const isLogin = request.route.startsWith('/oauth2');
    requests.push({ ...request, headers: isLogin ? request.headers : headers, account });
    const here = account ? (underWay.get(account) ?? 0) + 1 : 1;
    if (account) underWay.set(account, here);
    most = Math.max(most, here);
    try {
      await fake.before?.(request);
      const fault = faults.find(
        ({ route, times }) => times > 0 && (route === undefined || route === `${request.method} ${request.route}`),
      );
      if (fault) fault.times--;
      if (fault && (await goWrong(fault.fault, response, () => answerFor(request, account)))) return;
      const answer = here > atOnce ? tooMany : await answerFor(request, account);
      const { method, target } = request;
      if (checked && target.startsWith('/3.0/')) {
        const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
        violations.push(
          ...checked.checkRequest(method, target, request.headers, request.body),
          ...checked.checkAnswer(method, target, answer.status, text),
        );
      }
      write(response, answer);
    } finally {
      if (account) underWay.set(account, (underWay.get(account) ?? 1) - 1);
    }
  };

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeMailchimp = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accounts,
    app,
    requests,
    count: (route) => requests.filter((request) => `${request.method} ${request.route}` === route).length,
    fault: (fault, { route, times = 1 } = {}) => void faults.push({ fault, route, times }),
    before: undefined,
    violations,
    get most() {
      return most;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

const pathOf = (target: string): string => new URL(target, 'http://fake').pathname.replace(/^\/3\.0\/?/, '/');

async function read(incoming: IncomingMessage): Promise<FakeRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const method = incoming.method ?? '';
  const target = incoming.url ?? '';
  const path = pathOf(target);
  const known = patterns.find(({ pattern }) => pattern.test(`${method} ${path}`));
  return {
    method,
    route: known ? known.route.slice(method.length + 1) : path,
    target,
    query: new URL(target, 'http://fake').searchParams,
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

/** By the key in Basic, whatever the name before it, or the token in Bearer. */
function accountOf(accounts: readonly FakeAccount[], authorization = ''): FakeAccount | undefined {
  const [scheme, value = ''] = authorization.split(' ');
  const key =
    scheme === 'Basic'
      ? Buffer.from(value, 'base64')
          .toString()
          .replace(/^[^:]*:/, '')
      : undefined;
  return accounts.find(({ apiKey, accessToken }) => apiKey === key || (scheme === 'Bearer' && accessToken === value));
}

const tooMany = problem(429, 'Too Many Requests', 'You have exceeded the limit of 10 simultaneous connections.');

const whole: {
  readonly [Kind in 'empty-429' | 'json-429' | 'plain-403' | 'html-502' | 'html-404' | 'html-200']: FakeAnswer;
} = {
  'empty-429': { status: 429, body: '' },
  'json-429': tooMany,
  'plain-403': { status: 403, body: 'Forbidden', headers: { 'content-type': 'text/plain' } },
  'html-502': { status: 502, body: '<html><h1>Bad Gateway</h1></html>', headers: { 'content-type': 'text/html' } },
  'html-404': { status: 404, body: '<html><h1>Not Found</h1></html>', headers: { 'content-type': 'text/html' } },
  'html-200': { status: 200, body: '<html>Sign in to the network</html>', headers: { 'content-type': 'text/html' } },
};

const SPACES = Buffer.alloc(1024 * 1024, ' ');

/** Whether it has answered for good. */
async function goWrong(fault: Fault, response: ServerResponse, answer: () => Promise<FakeAnswer>): Promise<boolean> {
  if (fault.kind === 'slow') {
    await pause(fault.ms);
    return false;
  }
  if (fault.kind === 'redirect') {
    response.writeHead(fault.status, { location: fault.to }).end();
    return true;
  }
  if (fault.kind === 'endless') {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = () => {
      while (response.writable && response.write(SPACES));
    };
    response.on('drain', more);
    more();
    return true;
  }
  if (fault.kind === 'wait') {
    write(response, { status: 429, body: '', headers: { 'retry-after': String(fault.seconds) } });
    return true;
  }
  if (fault.kind === 'cut') {
    const text = Buffer.from(JSON.stringify((await answer()).body));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
    response.write(text.subarray(0, text.length / 2), () => response.destroy());
    return true;
  }
  write(response, whole[fault.kind]);
  return true;
}

function write(response: ServerResponse, { status, body, headers }: FakeAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
