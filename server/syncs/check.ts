import { setImmediate as turn } from 'node:timers/promises';
import { openHandle } from '../connections/connection.ts';
import { eraseContact } from '../erasure/contact.ts';
import { listUnseen, markLeft } from '../stores/records/connection-contacts.ts';
import { patiently } from '../stores/records/patiently.ts';
import { changeSync } from '../stores/records/syncs.ts';
import type { PhaseEnd, SyncRun } from './phase.ts';

const AT_ONCE = 100;

/**
 * After a full reading: whom it did not meet the platform has deleted, and then they are erased here, too, or they have
 * left the audiences, and then what was sent to them goes on showing their pictures.
 */
export async function checkUnseen({
  services,
  sync,
  connection,
  connector,
  signal,
  until,
}: SyncRun): Promise<PhaseEnd> {
  const { records, encryption } = services;
  const { workspace, id } = connection;
  for (;;) {
    const unseen = await listUnseen(records, id, sync.id, AT_ONCE);
    if (unseen.length === 0) return 'done';
    const handles = unseen.map(({ contact, handle }) => openHandle(encryption, { workspace, id: contact }, handle));
    const gone = new Set(await connector.gone(handles, signal));
    const [erased, others] = [true, false].map((isGone) =>
      unseen.filter((_, i) => gone.has(handles[i] as string) === isGone),
    ) as [typeof unseen, typeof unseen];
    for (const { contact } of erased) {
      await patiently(() =>
        eraseContact(services, { workspace, id: 'sync' }, contact, (db) => changeSync(db, sync.id, {}, { erased: 1 })),
      );
      await turn();
    }
    const left = others.filter(({ state }) => state !== 'left').length;
    const contacts = others.map(({ contact }) => contact);
    const isUnderWay = await patiently(() =>
      records.transaction().execute(async (db) => {
        if (!(await changeSync(db, sync.id, { error: null }, { left }))) return false;
        if (contacts.length > 0) await markLeft(db, id, contacts, sync.id);
        return true;
      }),
    );
    if (!isUnderWay) return 'cancelled';
    if (Date.now() > until) return 'again';
  }
}
