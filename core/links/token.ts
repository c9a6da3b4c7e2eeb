import jwt, { type Secret } from 'jsonwebtoken';
import { AppError } from '../errors.ts';

/**
 * One secret under its public name. The first key of a list signs, every key of it verifies, so that a rotation breaks
 * no sent email. `mac` is 24 base64url characters (18 bytes of HMAC-SHA256, no spare bits); `createSigningKey` in
 * `core/node/keys.ts` makes one.
 */
export type SigningKey = { readonly kid: string; readonly key: Secret; mac(text: string): string };

/** What a token names: a registered link or a sealed picture, by an opaque id of 8 to 32 base64url characters. */
export type TokenClaims = { readonly kind: 'link' | 'sealed'; readonly id: string };

const ID = /^[A-Za-z0-9_-]{8,32}$/;
const SHAPE = /^[A-Za-z0-9_-]{16,80}\.[A-Za-z0-9_-]{16,80}\.[A-Za-z0-9_-]{43}$/;
const CLAIM_NAMES = { link: 'l', sealed: 's' } as const;

/**
 * Writes the signed part of an image address: a JWT (HS256, `kid` in its header, no `iat`, no `typ`) of about 110
 * characters. The same claims and key always give the same text. Throws `token_invalid` for an id of another shape.
 */
export function signToken(claims: TokenClaims, key: SigningKey): string {
  if (!ID.test(claims.id)) throw new AppError('token_invalid', 'Use an id of 8 to 32 letters, digits, "-" or "_".');
  return jwt.sign({ [CLAIM_NAMES[claims.kind]]: claims.id }, key.key, {
    algorithm: 'HS256',
    noTimestamp: true,
    // The types want a string, but only `undefined` keeps the library from writing "typ" (18 characters of every URL).
    header: { alg: 'HS256', typ: undefined, kid: key.kid } as unknown as jwt.JwtHeader,
  });
}

/**
 * Reads a token back. Only the exact text that `signToken` writes with one of the keys passes; anything else throws
 * `token_invalid`, with the same sentence whatever is wrong.
 */
export function verifyToken(token: string, keys: readonly SigningKey[]): TokenClaims {
  const claims = readClaims(token, keys);
  if (!claims) throw new AppError('token_invalid', 'Copy the whole address again: its token is not one of ours.');
  return claims;
}

function readClaims(token: string, keys: readonly SigningKey[]): TokenClaims | undefined {
  if (!SHAPE.test(token)) return undefined;
  try {
    const kid = jwt.decode(token, { complete: true })?.header.kid;
    const key = keys.find((candidate) => candidate.kid === kid);
    if (!key) return undefined;
    const claims = claimsOf(jwt.verify(token, key.key, { algorithms: ['HS256'] }));
    // Base64url has spare bits and JSON many spellings: only the one text we would write ourselves is taken.
    return claims && signToken(claims, key) === token ? claims : undefined;
  } catch {
    return undefined;
  }
}

function claimsOf(payload: unknown): TokenClaims | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const [entry, ...others] = Object.entries(payload);
  if (!entry || others.length > 0) return undefined;
  const [name, id] = entry;
  const kind = name === CLAIM_NAMES.link ? 'link' : name === CLAIM_NAMES.sealed ? 'sealed' : undefined;
  return kind && typeof id === 'string' && ID.test(id) ? { kind, id } : undefined;
}
