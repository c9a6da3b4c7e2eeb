import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { signReference, verifyReference } from '../../core/links/reference.ts';
import { signToken, type TokenClaims, verifyToken } from '../../core/links/token.ts';
import { createSigningKey } from '../../core/node/keys.ts';
import vectors from '../vectors/tokens.json' with { type: 'json' };

const keys = vectors.keys.map(({ kid, secret }) => createSigningKey(kid, secret));
const keyOf = (kid: string) => keys.find((key) => key.kid === kid) ?? expect.fail(`no key ${kid} in the vectors`);
const [first] = keys;
if (!first) throw new Error('The vectors hold no key.');

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const idOf = (size: { minLength: number; maxLength: number }) =>
  fc.string({ unit: fc.constantFrom(...ALPHABET), ...size });
const claims = fc.record({
  kind: fc.constantFrom<TokenClaims['kind']>('link', 'sealed'),
  id: idOf({ minLength: 8, maxLength: 32 }),
});
const character = fc.oneof(
  fc.constantFrom(...ALPHABET, '.', '=', '+', '/', ' ', '\n', '\0'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);

function refusal(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  return expect.fail('Nothing was refused.');
}

/** Every text one changed, inserted or deleted character away. */
function neighbours(text: string): string[] {
  const found: string[] = [];
  for (let i = 0; i <= text.length; i++) {
    for (const letter of `${ALPHABET}.=`) {
      found.push(text.slice(0, i) + letter + text.slice(i));
      if (i < text.length) found.push(text.slice(0, i) + letter + text.slice(i + 1));
    }
    if (i < text.length) found.push(text.slice(0, i) + text.slice(i + 1));
  }
  return found.filter((other) => other !== text);
}

describe('a token', () => {
  it.each(vectors.accepted)('is written and read to the letter: $why', ({ kind, id, kid, token }) => {
    const expected = { kind: kind as TokenClaims['kind'], id };
    expect(signToken(expected, keyOf(kid))).toBe(token);
    expect(verifyToken(token, keys)).toEqual(expected);
  });

  it.each(vectors.refused)('is refused with $why', ({ token }) => {
    const error = refusal(() => verifyToken(token, keys));
    expect(error.code).toBe('token_invalid');
    expect(error.message).toBe('Copy the whole address again: its token is not one of ours.');
  });

  it('is about 110 characters long', () => {
    expect(signToken({ kind: 'link', id: 'Vq3x-0Zp_7aB9cDe' }, first).length).toBeLessThanOrEqual(115);
  });

  it('comes back as it went in, for every claim', () => {
    fc.assert(
      fc.property(claims, (given) => {
        expect(verifyToken(signToken(given, first), keys)).toEqual(given);
      }),
    );
  });

  it('is refused once any one character is changed, added or taken away', { timeout: 120_000 }, () => {
    const token = signToken({ kind: 'link', id: 'Vq3x-0Zp_7aB9cDe' }, first);
    const accepted = neighbours(token).filter((other) => {
      try {
        return verifyToken(other, keys);
      } catch {
        return false;
      }
    });
    expect(accepted).toEqual([]);
  });

  it('is refused with any character of any alphabet in any place', () => {
    const token = signToken({ kind: 'sealed', id: '0000000000000000' }, first);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.nat(2), character, (at, removed, added) => {
        const other = token.slice(0, at) + added + token.slice(at + removed);
        fc.pre(other !== token);
        expect(refusal(() => verifyToken(other, keys)).code).toBe('token_invalid');
      }),
      { numRuns: 2_000 },
    );
  });

  it('of any text is a token or a refusal, never another error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(refusal(() => verifyToken(text, keys)).code).toBe('token_invalid');
      }),
    );
  });

  it('is refused when no key is left', () => {
    expect(refusal(() => verifyToken(signToken({ kind: 'link', id: 'abcdefgh' }, first), [])).code).toBe(
      'token_invalid',
    );
  });

  it('is not written for an id of another shape', () => {
    expect(refusal(() => signToken({ kind: 'link', id: 'a/b' }, first)).code).toBe('token_invalid');
  });
});

describe('a contact reference', () => {
  it.each(vectors.references)('is written and read to the letter with key $kid', ({ contact, kid, reference }) => {
    expect(signReference(contact, keyOf(kid))).toBe(reference);
    expect(reference).toHaveLength(40);
    expect(verifyReference(reference, keys)).toBe(contact);
  });

  it.each(vectors.refusedReferences)('is not ours with $why', ({ reference }) => {
    expect(verifyReference(reference, keys)).toBeUndefined();
  });

  it('is not ours once any one character is changed, added or taken away', () => {
    const reference = signReference('Zm9vYmFyYmF6cXV4', first);
    expect(neighbours(reference).filter((other) => verifyReference(other, keys) !== undefined)).toEqual([]);
  });

  it('of any text is a contact or nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(verifyReference(text, keys)).toBeUndefined();
      }),
    );
  });

  it('comes back as it went in, for every contact', () => {
    fc.assert(
      fc.property(idOf({ minLength: 16, maxLength: 16 }), (contact) => {
        expect(verifyReference(signReference(contact, first), keys)).toBe(contact);
      }),
    );
  });

  it('is not written for an id of another shape', () => {
    expect(refusal(() => signReference('short', first)).code).toBe('reference_invalid');
  });
});

describe('a signing key', () => {
  it('is refused with a secret under 32 bytes, and the refusal does not repeat the secret', () => {
    const error = refusal(() => createSigningKey('k1', 'hunter2'));
    expect(error.code).toBe('config_invalid');
    expect(error.message).not.toContain('hunter2');
  });

  it('counts bytes, not characters', () => {
    expect(createSigningKey('k1', 'é'.repeat(16)).kid).toBe('k1');
  });

  it.each(['', 'a b', 'k'.repeat(17), 'k:1'])('is refused under the name %j', (kid) => {
    expect(refusal(() => createSigningKey(kid, 'x'.repeat(32))).code).toBe('config_invalid');
  });

  it('makes MACs of 24 characters that differ from text to text', () => {
    expect(first.mac('a')).toMatch(/^[\w-]{24}$/);
    expect(first.mac('a')).not.toBe(first.mac('b'));
  });
});
