import { createHash } from 'node:crypto';

/** A member of a list as nobody else is: by the list's id and the md5 of the address in lower case, as Mailchimp does. */
export const memberKey = (list: string, email: string): string => `${list}:${memberHash(email)}`;

/** Mailchimp's own id of a member within its list. */
export const memberHash = (email: string): string => createHash('md5').update(email.toLowerCase()).digest('hex');

/** What a member is found by; see `readHandle`. */
export const memberHandle = (list: string, email: string): string => `${list}:${email}`;

/** The list and the address of a handle; ids of lists hold no colon. */
export function readHandle(handle: string): { readonly list: string; readonly email: string } {
  const colon = handle.indexOf(':');
  return { list: handle.slice(0, colon), email: handle.slice(colon + 1) };
}
