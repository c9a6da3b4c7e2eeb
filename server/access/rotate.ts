import { AppError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import { listEncryptionKeys, retireEncryptionKey } from '../stores/records/encryption-keys.ts';
import { patiently } from '../stores/records/patiently.ts';
import {
  listSealedTexts,
  replaceSealedText,
  type SealedColumn,
  sealedColumns,
} from '../stores/records/sealed-columns.ts';

/** What a rotation came to, in texts; `retired` are the ids of the keys nothing is sealed under any more. */
export type Rotation = {
  readonly renewed: number;
  /** Sealed under a key that is not configured, or changed: left as they are. */
  readonly closed: number;
  readonly retired: readonly string[];
};

const AT_ONCE = 500;

/**
 * Seals everything that is kept under older keys anew, with the first one, a page at a time, beside whatever is served
 * meanwhile. Stopped halfway, it goes on where it is needed when it is run again.
 */
export async function rotateKeys(
  { records, encryption }: Pick<Services, 'records' | 'encryption'>,
  now: number,
): Promise<Rotation> {
  let renewed = 0;
  let closed = 0;
  for (const column of sealedColumns) {
    const done = await rotateColumn(records, encryption, column);
    renewed += done.renewed;
    closed += done.closed;
  }
  const others = (await listEncryptionKeys(records)).filter(({ kid }) => kid !== encryption.kid);
  const retired = closed === 0 ? others.map(({ kid }) => kid) : [];
  for (const kid of retired) await retireEncryptionKey(records, kid, now);
  await retireEncryptionKey(records, encryption.kid, null);
  return { renewed, closed, retired };
}

async function rotateColumn(records: Services['records'], encryption: Services['encryption'], column: SealedColumn) {
  const done = { renewed: 0, closed: 0 };
  for (let after: Awaited<ReturnType<typeof listSealedTexts>>[number] | undefined; ; ) {
    const rows = await listSealedTexts(records, column, after, AT_ONCE);
    for (const row of rows) {
      const { text } = row;
      // Empty ones were erased, or are done.
      if (typeof text !== 'string' || text === '' || text.startsWith(`${encryption.kid}.`)) continue;
      try {
        const context = column.context(row);
        const renewed = encryption.seal(encryption.open(text, context), context);
        await patiently(() => replaceSealedText(records, column, row, renewed));
        done.renewed++;
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'config_invalid') throw error;
        done.closed++;
      }
    }
    after = rows.at(-1);
    if (rows.length < AT_ONCE) return done;
  }
}
