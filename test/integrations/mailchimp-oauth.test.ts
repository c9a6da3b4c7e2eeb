import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mailchimp } from '../../integrations/mailchimp/index.ts';
import { createPace } from '../../integrations/pace.ts';
import { type FakeAccount, type FakeMailchimp, startFakeMailchimp } from '../fakes/mailchimp.ts';

const never = new AbortController().signal;
const redirectUrl = 'https://pictures.example.com/v1/connections/callback';

let fake: FakeMailchimp;
let account: FakeAccount;

beforeEach(async () => {
  fake = await startFakeMailchimp();
  account = fake.accounts[0] as FakeAccount;
});
afterEach(() => fake.close());

const order = () => ({ client: fake.app, baseUrl: fake.url, redirectUrl });

/** Allows the app as somebody would in their browser. */
async function allow(): Promise<URLSearchParams> {
  const url = mailchimp.authorizeUrl({ ...order(), state: 'a state & more', challenge: 'unused' });
  const answer = await fetch(url, { redirect: 'manual' });
  const back = answer.headers.get('location') ?? '';
  expect(back.startsWith(`${redirectUrl}?`)).toBe(true);
  return new URL(back).searchParams;
}

const exchange = (code: string, more: object = {}) =>
  mailchimp.exchange({ ...order(), code, verifier: 'unused', ...more }, never);

describe('allowing our app at Mailchimp', () => {
  it('begins on its own login page', () => {
    const url = new URL(mailchimp.authorizeUrl({ ...order(), baseUrl: undefined, state: 's', challenge: 'unused' }));
    expect(url.origin + url.pathname).toBe('https://login.mailchimp.com/oauth2/authorize');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: fake.app.id,
      redirect_uri: redirectUrl,
      state: 's',
    });
  });

  it('gives a token that does not end and the data centre, which open the account', async () => {
    const back = await allow();
    expect(back.get('state')).toBe('a state & more');
    const credentials = await exchange(back.get('code') ?? '');
    expect(credentials).toEqual({
      kind: 'oauth',
      accessToken: account.accessToken,
      refreshToken: null,
      expiresAt: null,
      server: 'us21',
    });
    const connector = await mailchimp.connect({
      credentials,
      referenceField: 'MERGEPIX',
      baseUrl: fake.url,
      oauth: fake.app,
      pace: createPace(mailchimp.limits),
      latest: async () => credentials,
      keep: async () => {},
    });
    expect(await connector.check(never)).toMatchObject({ name: 'Acme' });
  });

  it('is refused for a code that was used, made up or given to another address, and for another app', async () => {
    const code = (await allow()).get('code') ?? '';
    await exchange(code);
    const fresh = (await allow()).get('code') ?? '';
    for (const attempt of [
      () => exchange(code),
      () => exchange('made-up'),
      () => exchange(fresh, { redirectUrl: 'https://elsewhere.example.com/' }),
      () => exchange(fresh, { client: { id: fake.app.id, secret: 'wrong' } }),
    ])
      await expect(attempt()).rejects.toMatchObject({
        code: 'connection_refused',
        message: 'Mailchimp did not let us in: begin again, and allow the app within ten minutes.',
      });
  });

  it('takes no data centre that would be another host', async () => {
    (account as { dataCentre: string }).dataCentre = 'us1.evil.example.com/';
    await expect(exchange((await allow()).get('code') ?? '')).rejects.toMatchObject({ code: 'connection_refused' });
  });

  it.each(['html-502', 'empty-429', 'cut', 'endless'] as const)(
    'says that it can be tried again after %s',
    async (kind) => {
      const code = (await allow()).get('code') ?? '';
      fake.fault({ kind }, { route: 'POST /oauth2/token' });
      await expect(exchange(code)).rejects.toMatchObject({ code: 'platform_unavailable' });
    },
  );

  it('takes the secret of the app to no other host', async () => {
    const elsewhere = await startFakeMailchimp();
    const code = (await allow()).get('code') ?? '';
    fake.fault({ kind: 'redirect', status: 307, to: `${elsewhere.url}/oauth2/token` });
    await expect(exchange(code)).rejects.toMatchObject({ code: 'connection_refused' });
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.close();
  });
});
