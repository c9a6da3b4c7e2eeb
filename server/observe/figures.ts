import { nanoid } from 'nanoid';
import { createSends } from '../links/sends.ts';
import { addFailures } from '../stores/records/failures.ts';
import { addImpressions } from '../stores/records/impressions.ts';
import type { Records } from '../stores/records/index.ts';
import { addFieldFallbacks, addServed, STEP_MS } from '../stores/records/served.ts';
import type { Tables } from '../stores/records/tables.ts';
import { type Counted, createCounted } from './counted.ts';
import { boundOf } from './latency.ts';
import type { Reader } from './readers.ts';
import type { Outcome, Shown } from './shown.ts';

/** Figures of live traffic that people look at later: kept in the records, written every ten seconds. */
export type Figures = {
  /** Counts a picture. */
  count(shown: Shown, outcome: Outcome, asked: Asked): void;
  /** Writes what there is. Throws what the records say. */
  flush(): Promise<void>;
  /** How many were not kept. */
  dropped(): number;
};

/** Who asked for a picture, when (ms since 1970), and how many ms it took. */
export type Asked = { readonly reader: Reader; readonly now: number; readonly ms: number };

type Impression = Tables['impressions'];
type Failure = Tables['failures'];
type Served = Tables['served'];
type FieldFallback = Tables['field_fallbacks'];

const HOUR_MS = 3_600_000;
const MAX_IMPRESSIONS = 20_000;
const MAX_FAILURES = 1_000;
const MAX_SERVED = 20_000;
const MAX_FIELDS = 20_000;
/** The place of an item in a list: `items.2.price`. */
const ITEM = /\.\d+(?=\.|$)/g;
const SEND = /^[^@\s]{1,60}$/;
/** The send of pictures whose marker is not one. */
export const OTHER_SEND = 'other';

/** Counts by link, send, hour, reader and outcome, what went wrong by cause, how long it took, and fields that fell back. */
export function createFigures(records: Records): Figures {
  const impressions: Counted<Impression> = createCounted(MAX_IMPRESSIONS, (rows) => addImpressions(records, rows));
  const failures: Counted<Failure> = createCounted(MAX_FAILURES, (rows) => addFailures(records, rows));
  const served: Counted<Served> = createCounted(MAX_SERVED, (rows) => addServed(records, rows));
  const fields: Counted<FieldFallback> = createCounted(MAX_FIELDS, (rows) => addFieldFallbacks(records, rows));
  const sends = createSends();

  // Whoever makes markers up fills one row, not the table.
  const sendOf = (link: string, send: string | undefined, now: number): string => {
    if (send === undefined) return '';
    return SEND.test(send) && sends.believes(link, send, now) ? send : OTHER_SEND;
  };

  function countField(workspace: string, at: number, template: string, field = '', reason = ''): void {
    const row = () => ({ workspace, at, template, field, reason, count: 1 });
    fields.add(`${workspace} ${template} ${at} ${field} ${reason}`, row);
  }

  /** A picture for nobody has no values at all: that is no fault of a field. */
  function countFields({ workspace = '', template, mended }: Shown, cause: string | undefined, at: number): void {
    if (template === undefined || cause?.startsWith('contact-')) return;
    countField(workspace, at, template);
    for (const { field, reason } of mended ?? [])
      countField(workspace, at, template, field.replaceAll(ITEM, ''), reason);
  }

  return {
    count(shown, { word, cause, isBelowFresh, isIntended }, { reader, now, ms }) {
      const { kind, id, workspace, template = null, version = null, contact = null } = shown;
      if (workspace === undefined) return;
      const at = now - (now % STEP_MS);
      const below = isBelowFresh && !isIntended ? 1 : 0;
      const within_ms = boundOf(ms);
      served.add(`${workspace} ${at} ${word} ${below} ${within_ms}`, () => ({
        ...{ workspace, at, outcome: word, below, within_ms, count: 1 },
      }));
      if (kind === 'link') {
        countFields(shown, cause, at);
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
      await served.flush();
      await fields.flush();
    },
    dropped: () => impressions.dropped() + failures.dropped() + served.dropped() + fields.dropped(),
  };
}
