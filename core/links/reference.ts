import { AppError } from '../errors.ts';
import type { SigningKey } from './token.ts';

const CONTACT_ID = /^[A-Za-z0-9_-]{16}$/;
const REFERENCE = /^[A-Za-z0-9_-]{40}$/;

/**
 * Writes the contact reference that a platform keeps in one profile property: the contact's opaque id (16 base64url
 * characters) and its MAC (24), 40 characters that need no escaping in a URL. Throws `reference_invalid` for another id.
 */
export function signReference(contactId: string, key: SigningKey): string {
  if (!CONTACT_ID.test(contactId))
    throw new AppError('reference_invalid', 'Use a contact id of 16 base64url characters.');
  return contactId + macOf(contactId, key);
}

/** The contact's id, or `undefined` when no key of ours wrote exactly this text. */
export function verifyReference(text: string, keys: readonly SigningKey[]): string | undefined {
  if (!REFERENCE.test(text)) return undefined;
  const contactId = text.slice(0, 16);
  const mac = text.slice(16);
  return keys.some((key) => sameText(mac, macOf(contactId, key))) ? contactId : undefined;
}

// A token's signing input is base64url and dots, so the colon keeps a MAC from ever being a token's signature.
const macOf = (contactId: string, key: SigningKey): string => key.mac(`contact:${contactId}`);

// Both texts are of one length; every character is read, so that time tells nothing of where they differ.
function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
