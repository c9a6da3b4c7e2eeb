import type { Actor } from '../access/roles.ts';
import { subjectDigests } from '../sealed/seal.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { dropAnswers } from '../stores/records/idempotency.ts';
import { deleteRendersOf, emptyBatchRowsOf, emptySealedOf } from '../stores/records/subjects.ts';

/** How much of what there was about a subject is gone. */
export type ErasedSubject = { readonly pictures: number; readonly renders: number; readonly rows: number };

// So that no statement takes long; a subject with more has its turns.
const AT_ONCE = 500;

/**
 * Erases everything made about a subject, under whatever key its name was digested: ordered pictures, rows of batches
 * and generated pictures, whose addresses show the neutral one from now on.
 */
export async function eraseSubject(
  services: Pick<Services, 'records' | 'encryption' | 'changes'>,
  { workspace, id: actor }: Pick<Actor, 'workspace' | 'id'>,
  subject: string,
): Promise<ErasedSubject> {
  const { records, encryption, changes } = services;
  const digests = subjectDigests(encryption, workspace, subject);
  const of = { workspace, digests };
  // Orders first: what is being drawn for one of them must find it gone, or have kept its picture by now.
  const renders = await deleteRendersOf(records, of);
  const rows = await emptyBatchRowsOf(records, of);
  let pictures = 0;
  for (;;) {
    const emptied = await emptySealedOf(records, of, { now: Date.now(), limit: AT_ONCE });
    for (const id of emptied) await changes.tell('purge', `sealed:${id}`);
    pictures += emptied.length;
    if (emptied.length < AT_ONCE) break;
  }
  for (const digest of digests) await changes.tell('purge', `subject:${workspace}:${digest}`);
  // One of them may tell the text beside its picture; whose it was cannot be seen from outside.
  await dropAnswers(records, workspace, 'generatePicture');
  const [known = ''] = digests;
  await audit(records, { workspace, actor, action: 'subject.erased', subject: known, now: Date.now() });
  return { pictures, renders, rows };
}
