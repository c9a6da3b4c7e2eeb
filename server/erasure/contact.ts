import { AppError } from '../../core/errors.ts';
import type { Actor } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { deleteConnectionContacts } from '../stores/records/connection-contacts.ts';
import { emptyContact } from '../stores/records/contacts.ts';
import { forgetContactFailures } from '../stores/records/failures.ts';
import { dropAnswers } from '../stores/records/idempotency.ts';
import type { Records } from '../stores/records/index.ts';

/**
 * Erases a contact: nothing is left but its id, whose addresses show the neutral picture from now on; the same person
 * may be kept anew under another. Every process forgets it within seconds. Doing it again does no harm. `also` is done
 * in the same transaction. Throws `contact_not_found`.
 */
export async function eraseContact(
  { records, changes }: Pick<Services, 'records' | 'changes'>,
  { workspace, id: actor }: Pick<Actor, 'workspace' | 'id'>,
  id: string,
  also?: (db: Records) => Promise<unknown>,
): Promise<void> {
  const now = Date.now();
  await records.transaction().execute(async (db) => {
    if (!(await emptyContact(db, workspace, id, now)))
      throw new AppError('contact_not_found', 'There is no contact with that id in this workspace.');
    // Where it came from tells who it was.
    await deleteConnectionContacts(db, [id]);
    await forgetContactFailures(db, workspace, id);
    // One of them may tell its fields; whose it was cannot be seen from outside.
    await dropAnswers(db, workspace, 'createContact');
    await audit(db, { workspace, actor, action: 'contact.erased', subject: id, now });
    await also?.(db);
  });
  await changes.tell('contact', `${workspace}:${id}`);
  await changes.tell('purge', `contact:${workspace}:${id}`);
}
