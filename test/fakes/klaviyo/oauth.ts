import { createHash, randomBytes } from 'node:crypto';
import type { Account } from './account.ts';
import type { Answer } from './answers.ts';

type Code = { readonly account: Account; readonly redirect: string; readonly challenge: string };

/** What an app is registered with, and how long its tokens live. */
export type OAuthOptions = {
  readonly clientId: string;
  readonly clientSecret: string;
  expiresIn: number;
  /** Whether a refresh token is good for one use; nobody has documented that it is not. */
  rotates: boolean;
};

/** The authorization server: codes and tokens by account. */
export function createOAuth(options: OAuthOptions) {
  const codes = new Map<string, Code>();
  const access = new Map<string, { readonly account: Account; readonly until: number }>();
  const refresh = new Map<string, Account>();
  const wrong = (error: string): Answer => ({
    status: 400,
    body: { error, error_description: 'The grant is not valid.' },
  });

  const newRefreshToken = (): string => `rt_${randomBytes(12).toString('hex')}`;

  const tokensOf = (account: Account, refreshToken: string): Answer => {
    const token = `at_${randomBytes(12).toString('hex')}`;
    access.set(token, { account, until: Date.now() + options.expiresIn * 1000 });
    refresh.set(refreshToken, account);
    return {
      status: 200,
      body: {
        access_token: token,
        refresh_token: refreshToken,
        expires_in: options.expiresIn,
        token_type: 'bearer',
        scope: [...(account.scopes() ?? ['accounts:read'])].join(' '),
      },
    };
  };

  return {
    options,
    /** Lets the owner of an account say yes to an authorize address: gives where their browser is sent back to. */
    allow(account: Account, authorizeUrl: string): string {
      const { searchParams: query } = new URL(authorizeUrl);
      if (query.get('client_id') !== options.clientId) throw new Error('Klaviyo does not know this app.');
      if (query.get('code_challenge_method') !== 'S256' || !query.get('scope') || query.get('response_type') !== 'code')
        throw new Error('Klaviyo wants response_type=code, scopes and PKCE with S256.');
      const code = randomBytes(8).toString('hex');
      codes.set(code, {
        account,
        redirect: query.get('redirect_uri') ?? '',
        challenge: query.get('code_challenge') ?? '',
      });
      const back = new URL(query.get('redirect_uri') ?? '');
      back.searchParams.set('code', code);
      back.searchParams.set('state', query.get('state') ?? '');
      return back.href;
    },
    accountOf(token: string): Account | undefined {
      const found = access.get(token);
      return found && found.until > Date.now() ? found.account : undefined;
    },
    /** Takes an account's app away. */
    revoke(account: Account): void {
      for (const [token, of] of refresh) if (of === account) refresh.delete(token);
      for (const [token, of] of access) if (of.account === account) access.delete(token);
    },
    /** Lets every access token end now. */
    expire(): void {
      access.clear();
    },
    token(authorization: string | undefined, body: URLSearchParams): Answer {
      const basic = Buffer.from(`${options.clientId}:${options.clientSecret}`).toString('base64');
      if (authorization !== `Basic ${basic}`) return { status: 401, body: { error: 'invalid_client' } };
      if (body.get('grant_type') === 'refresh_token') {
        const account = refresh.get(body.get('refresh_token') ?? '');
        if (!account) return wrong('invalid_grant');
        if (!options.rotates) return tokensOf(account, body.get('refresh_token') ?? '');
        refresh.delete(body.get('refresh_token') ?? '');
        return tokensOf(account, newRefreshToken());
      }
      const code = codes.get(body.get('code') ?? '');
      codes.delete(body.get('code') ?? '');
      const challenge = createHash('sha256')
        .update(body.get('code_verifier') ?? '')
        .digest('base64url');
      if (!code || code.challenge !== challenge || code.redirect !== body.get('redirect_uri'))
        return wrong('invalid_grant');
      return tokensOf(code.account, newRefreshToken());
    },
  };
}
