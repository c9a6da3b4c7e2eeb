import { nanoid } from 'nanoid';
import { createSends } from '../links/sends.ts';
import { addFailures } from '../stores/records/failures.ts';
import { addImpressions } from '../stores/records/impressions.ts';
import type { Records } from '../stores/records/index.ts';
import type { Tables } from '../stores/records/tables.ts';
import { type Counted, createCounted } from './counted.ts';
import type { Reader } from './readers.ts';
import type { Outcome, Shown } from './shown.ts';

/** Figures of live traffic that people look at later: kept in the records, written every ten seconds. */
export type Figures = {
  /** Counts a picture of a link, at `now` (ms). */
  count(shown: Shown, outcome: Outcome, reader: Reader, now: number): void;
  /** Writes what there is. Throws what the records say. */
  flush(): Promise<void>;
  /** How many were not kept. */
  dropped(): number;
};

type Impression = Tables['impressions'];
type Failure = Tables['failures'];

const HOUR_MS = 3_600_000;
const MAX_IMPRESSIONS = 20_000;
const MAX_FAILURES = 1_000;
const SEND = /^[^@\s]{1,60}$/;
/** The send of pictures whose marker is not one. */
export const OTHER_SEND = 'other';

/** Counts by link, send, hour, reader and outcome, and what went wrong by cause. */
export function createFigures(records: Records): Figures {
  const impressions: Counted<Impression> = createCounted(MAX_IMPRESSIONS, (rows) => addImpressions(records, rows));
  const failures: Counted<Failure> = createCounted(MAX_FAILURES, (rows) => addFailures(records, rows));
  const sends = createSends();

  // Whoever makes markers up fills one row, not the table.
  const sendOf = (link: string, send: string | undefined, now: number): string => {
    if (send === undefined) return '';
    return SEND.test(send) && sends.believes(link, send, now) ? send : OTHER_SEND;
  };

  return {
    count(shown, { word, cause, isBelowFresh }, reader, now) {
      const { kind, id, workspace, template = null, version = null, contact = null } = shown;
      if (workspace === undefined) return;
      if (kind === 'link') {
        const hour = now - (now % HOUR_MS);
        const send = sendOf(id, shown.send, now);
        const row = { workspace, link: id, send, hour, reader, outcome: word, count: 1 };
        impressions.add(`${id} ${send} ${hour} ${reader} ${word}`, () => row);
      }
      if (!isBelowFresh) return;
      failures.add(`${workspace} ${template} ${version} ${word} ${cause} ${kind === 'link' ? id : ''}`, () => ({
        id: nanoid(),
        workspace,
        at: now,
        cause: cause ?? word,
        outcome: word,
        template,
        version,
        link: kind === 'link' ? id : null,
        contact,
        count: 1,
      }));
    },
    async flush() {
      await impressions.flush();
      await failures.flush();
    },
    dropped: () => impressions.dropped() + failures.dropped(),
  };
}
