import type { ContactsPage } from '../../integrations/connector.ts';
import { mappedTags } from '../connections/connection.ts';
import { keepContacts } from '../connections/pages.ts';
import { changeSync } from '../stores/records/syncs.ts';
import type { PhaseEnd, SyncRun } from './phase.ts';

// Two clocks are not the same, and what is changed while a page is read may be told a little later.
const OVERLAP_MS = 5 * 60_000;
// So much may the clocks of two of our machines differ.
const SKEW_MS = 60_000;
const KEPT_AT_ONCE = 200;

/** Keeps page after page, the next one on its way meanwhile, and has references written as soon as they make a whole call. */
export async function readContacts(run: SyncRun): Promise<PhaseEnd> {
  const { sync, connection, connector, references, signal, until } = run;
  const pages = connector
    .contacts({
      audiences: connection.audiences,
      since: sync.mode === 'full' || connection.syncedFrom === null ? null : connection.syncedFrom - OVERLAP_MS,
      cursor: sync.cursor,
      tags: mappedTags(connection),
      signal,
    })
    [Symbol.asyncIterator]();
  const next = (): Promise<IteratorResult<ContactsPage>> => {
    const fetching = pages.next();
    // Its failure is heard where it is waited for, if it is.
    fetching.catch(() => undefined);
    return fetching;
  };
  let writing: Promise<void> = Promise.resolve();
  let isWriting = false;
  let fetching = next();
  try {
    for (;;) {
      const { value: page, done } = await fetching;
      if (done) return 'done';
      if (page.cursor !== null) fetching = next();
      if (!(await keepPage(run, page))) return 'cancelled';
      if (run.wanted > 0 && references.fault === undefined) await references.prepare();
      if (!isWriting && run.wanted >= connector.writesAtOnce && references.fault === undefined) {
        run.wanted = 0;
        isWriting = true;
        // One behind the other: reading goes on meanwhile.
        writing = writing
          .then(() => references.write('whole'))
          .finally(() => {
            isWriting = false;
          });
        writing.catch(() => undefined);
      }
      if (page.cursor === null) return 'done';
      if (Date.now() > until) return 'again';
    }
  } finally {
    await writing;
  }
}

/**
 * Keeps a page, a long one in parts: recipients' pictures wait for the database meanwhile. Who is read is counted with the
 * last part, and what became of them with their own, which is nothing new when the page is read again. False when the
 * sync was cancelled.
 */
async function keepPage(run: SyncRun, { contacts, cursor, total }: ContactsPage): Promise<boolean> {
  const { services, sync, connection, connector, notes, signal } = run;
  for (let at = 0; at === 0 || at < contacts.length; at += KEPT_AT_ONCE) {
    const isLast = at + KEPT_AT_ONCE >= contacts.length;
    const phase = cursor === null ? 'checking' : 'reading';
    const change = isLast
      ? ({ cursor, phase, notes: notes.text(), error: null, ...(total !== null && { total }) } as const)
      : {};
    const kept = await keepContacts(services, connection, contacts.slice(at, at + KEPT_AT_ONCE), {
      seen: sync.id,
      askedAt: run.begunAt - SKEW_MS,
      isFull: sync.mode === 'full',
      gone: (handles) => connector.gone(handles, signal),
      settle: (db, { added, changed, unsubscribed }) =>
        changeSync(db, sync.id, change, { read: isLast ? contacts.length : 0, added, changed, unsubscribed }),
    });
    if (!kept) return false;
    run.wanted += kept.wanted;
  }
  return true;
}
