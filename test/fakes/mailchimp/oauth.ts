import type { FakeAccount } from './account.ts';
import { memberId } from './account.ts';
import { type FakeAnswer, type FakeRequest, ok } from './answer.ts';

/** The app that is registered, and who allows it: the first account, at once, as soon as somebody looks at the page. */
export type FakeApp = { readonly id: string; readonly secret: string };

/** Answers what lies under /oauth2, as the login pages do. */
export function createOAuth(app: FakeApp, accounts: readonly FakeAccount[]) {
  const codes = new Map<string, { readonly account: FakeAccount; readonly redirectUrl: string }>();

  let given = 0;

  const authorize = ({ query }: FakeRequest): FakeAnswer => {
    const redirectUrl = query.get('redirect_uri') ?? '';
    const [account] = accounts;
    if (query.get('response_type') !== 'code' || query.get('client_id') !== app.id || !account || !redirectUrl)
      return { status: 400, body: { error: 'invalid_request' } };
    const code = memberId(`code ${++given}`);
    codes.set(code, { account, redirectUrl });
    const back = new URL(redirectUrl);
    back.searchParams.set('code', code);
    if (query.has('state')) back.searchParams.set('state', query.get('state') ?? '');
    return { status: 302, body: '', headers: { location: back.href } };
  };

  const token = ({ body }: FakeRequest): FakeAnswer => {
    const form = new URLSearchParams(body);
    if (form.get('client_id') !== app.id || form.get('client_secret') !== app.secret)
      return { status: 401, body: { error: 'invalid_client', error_description: 'Client authentication failed' } };
    const kept = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    if (form.get('grant_type') !== 'authorization_code' || kept?.redirectUrl !== form.get('redirect_uri') || !kept)
      return { status: 400, body: { error: 'invalid_grant', error_description: 'The code is not valid' } };
    // Its tokens never end.
    return ok({ access_token: kept.account.accessToken, expires_in: 0, scope: null });
  };

  const metadata = ({ headers }: FakeRequest): FakeAnswer => {
    const account = accounts.find(({ accessToken }) => headers.authorization === `OAuth ${accessToken}`);
    if (!account) return { status: 401, body: { error: 'invalid_token' } };
    return ok({
      dc: account.dataCentre,
      role: account.role,
      accountname: account.name,
      user_id: 1,
      login: { email: 'owner@example.com', login_id: 1, login_name: 'owner' },
      login_url: 'https://login.example.com',
      api_endpoint: `https://${account.dataCentre}.api.example.com`,
    });
  };

  const pages = {
    'GET /oauth2/authorize': authorize,
    'POST /oauth2/token': token,
    'GET /oauth2/metadata': metadata,
  } satisfies Record<string, (request: FakeRequest) => FakeAnswer>;

  return (request: FakeRequest): FakeAnswer | undefined => {
    const page = pages[`${request.method} ${request.route}` as keyof typeof pages];
    return page?.(request);
  };
}
