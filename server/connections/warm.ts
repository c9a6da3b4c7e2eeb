import type { Link } from '../links/link.ts';
import { isFinal } from '../renders/draw.ts';
import type { Services } from '../services.ts';
import type { Expected } from '../warmups/expected.ts';
import { isMakeable, makeAhead, planAhead } from '../warmups/picture.ts';

/**
 * Makes the picture that a contact is going to ask for at a link, unless it is there, when no recipient waits. Says
 * whether it is there now: not where the link or the contact has none of its own to show, nor when it cannot be whole.
 * Throws `overloaded` when it had to wait too long: try again.
 */
export async function warmPicture(services: Services, link: Link, expected: Expected): Promise<boolean> {
  const { pictures, budget, log } = services;
  const prepared = await planAhead(services, link, expected, Date.now());
  if (!isMakeable(prepared) || prepared.reason !== undefined || prepared.late !== undefined) return false;
  if (await pictures.find(prepared.key)) return true;
  // Whoever calls a webhook may make no more pictures than whoever opens the email.
  if (prepared.open && !budget.take(prepared.open.link, prepared.open.perMinute)) return false;
  try {
    return (await makeAhead(services, prepared)).isWhole;
  } catch (error) {
    if (!isFinal(error)) throw error;
    log.warn('warm.failed', { link: link.id }, error);
    return false;
  }
}
