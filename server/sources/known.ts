import type { LiveValue } from '../../core/template/live.ts';
import type { Encryption } from '../access/encryption.ts';
import { isLate, within } from '../deadline.ts';
import type { Records } from '../stores/records/index.ts';
import { findSourceValue, saveSourceValue } from '../stores/records/sources.ts';
import { type Source, subjectOf } from './definition.ts';

/** What a source answered and when, in ms since 1970. */
export type Known = { readonly values: Readonly<Record<string, LiveValue>>; readonly at: number };

/** The last good answers in the records: what is shown through an outage, also after a restart and by other processes. */
export type KnownAnswers = {
  /** Undefined also when the records do not answer. Never rejects. */
  find(source: Source, params: Readonly<Record<string, string>>): Promise<Known | undefined>;
  /** Keeps one soon; nobody waits for it. */
  keep(source: Source, params: Readonly<Record<string, string>>, known: Known): void;
};

const DEADLINE_MS = 100;

/** Sealed, under keyed digests of their parameters, which may be personal. */
export function createKnownAnswers(
  { records, encryption }: { readonly records: Records; readonly encryption: Encryption },
  onFault: (error: unknown) => void,
): KnownAnswers {
  const keysOf = (source: Source, params: object) =>
    encryption.fingerprints(JSON.stringify(params), `source:${subjectOf(source)}`);
  const contextOf = (source: Source, key: string) => `source-value:${subjectOf(source)}:${key}`;

  async function find(source: Source, params: object): Promise<Known | undefined> {
    const record = await findSourceValue(records, source.workspace, source.name, keysOf(source, params));
    if (!record) return undefined;
    const { version, values } = JSON.parse(encryption.open(record.value, contextOf(source, record.key)));
    // What another definition gave may mean something else.
    return version === source.version ? { values, at: record.fetched_at } : undefined;
  }

  async function keep(source: Source, params: object, { values, at }: Known): Promise<void> {
    const [key = ''] = keysOf(source, params);
    const value = encryption.seal(JSON.stringify({ version: source.version, values }), contextOf(source, key));
    const { workspace, name } = source;
    await saveSourceValue(records, { workspace, source: name, key, value, fetched_at: at });
  }

  return {
    async find(source, params) {
      try {
        const known = await within(find(source, params), DEADLINE_MS);
        return isLate(known) ? undefined : known;
      } catch (error) {
        onFault(error);
        return undefined;
      }
    },
    keep: (source, params, known) => void keep(source, params, known).catch(onFault),
  };
}
