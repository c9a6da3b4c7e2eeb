import { signReference } from '../../core/links/reference.ts';
import type { ImageAddress } from '../../core/links/url.ts';
import { outputs } from '../../core/template/output.ts';
import { prepare } from '../image/prepare.ts';
import type { Link } from '../links/link.ts';
import { drawInBackground, isFinal } from '../renders/draw.ts';
import type { Services } from '../services.ts';

/** What is going to be asked for: by which contact, and otherwise as the address has it; the link's own format when absent. */
export type Expected = { readonly contact: string } & Partial<Pick<ImageAddress, 'format' | 'scale' | 'open'>>;

/**
 * Makes the picture that a contact is going to ask for at a link, unless it is there, when no recipient waits. Says
 * whether it is there now: not where the link or the contact has none of its own to show, nor when it cannot be whole.
 * Throws `overloaded` when it had to wait too long: try again.
 */
export async function warmPicture(services: Services, link: Link, expected: Expected): Promise<boolean> {
  const { signingKeys, pictures, budget, log } = services;
  const { contact, format = outputs[link.formats[0]].extension, open = {}, scale } = expected;
  const address: ImageAddress = {
    ...{ token: '', format, open, contact: signReference(contact, signingKeys[0]) },
    ...(scale !== undefined && { scale }),
  };
  const asked = { claims: { kind: 'link', id: link.id }, address, now: Date.now() } as const;
  const onFault = (id: string, error: unknown) => log.warn('warm.failed', { link: id }, error);
  const prepared = await prepare({ ...services, onFault }, asked, performance.now());
  const { drawing, key, reason, late, tags } = prepared;
  if (!drawing || key === undefined || reason !== undefined || late !== undefined) return false;
  if (await pictures.find(key)) return true;
  // Whoever calls a webhook may make no more pictures than whoever opens the email.
  if (prepared.open && !budget.take(prepared.open.link, prepared.open.perMinute)) return false;
  try {
    return (await drawInBackground(services, drawing, tags)).isWhole;
  } catch (error) {
    if (!isFinal(error)) throw error;
    onFault(link.id, error);
    return false;
  }
}
