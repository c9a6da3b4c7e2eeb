import { LRUCache } from 'lru-cache';
import type { Compiled } from '../../core/template/compile.ts';
import type { LiveValue, LiveValues } from '../../core/template/live.ts';
import type { CompiledSource } from '../../core/template/sources.ts';
import type { Values } from '../../core/template/value.ts';
import type { Encryption } from '../access/encryption.ts';
import type { Changes } from '../changes.ts';
import { isLate, within } from '../deadline.ts';
import type { Log } from '../observe/log.ts';
import type { Outgoing } from '../outgoing/client.ts';
import { createCopies } from '../stores/copies.ts';
import { isDue } from '../stores/records/due.ts';
import type { Records } from '../stores/records/index.ts';
import { findSource } from '../stores/records/sources.ts';
import { ask, type Failure } from './ask.ts';
import { fitParams, openSource, type Source, subjectOf } from './definition.ts';
import { createGates, type Health } from './gates.ts';
import { createKnownAnswers, type Known } from './known.ts';

/** What a template's sources came to: `source` is complete whatever happened, `reason` says what is not as it should be. */
export type Resolved = {
  readonly source: NonNullable<LiveValues['source']>;
  readonly isFresh: boolean;
  readonly reason?: `source-${string}-${Failure | 'missing'}`;
};

/** The live data of templates. */
export type Sources = {
  /**
   * What the sources that a template draws say to these values, within `deadlineMs`: as fresh as each source's
   * `cacheSeconds` asks, else its last good answer, else the template's fallback. Never rejects.
   */
  resolve(
    workspace: string,
    template: Pick<Compiled, 'sources' | 'drawnSources'>,
    values: Values,
    deadlineMs: number,
  ): Promise<Resolved>;
  /** What the sources of a template give on a good day, as their definitions tell; its fallbacks for the rest. */
  samples(workspace: string, template: Pick<Compiled, 'sources'>): Promise<Resolved['source']>;
  /** How the sources that this process has asked are doing. */
  health(): Health[];
};

type Parts = {
  readonly records: Records;
  readonly encryption: Encryption;
  readonly outgoing: Outgoing;
  readonly changes: Changes;
  readonly log: Log;
  /** Whether sources are asked over https alone. */
  readonly httpsOnly: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};
type Given = { readonly values: Readonly<Record<string, LiveValue>>; readonly failure?: Failure | 'missing' };

const MAX_SOURCES = 1_000;
const KEPT_BYTES = 16 * 1024 * 1024;
// A refusal of some parameters is remembered, so that a picture of theirs does not ask every time; but not for long.
const REFUSED_MS = 30_000;
const FAILED_MS = 1_000;
// Whom an answer is about is not known, so that none of them may outlive an erasure for long.
const PERSONAL_MS = 30_000;

/** Asks once for all who want the same at the same time, and keeps about 16 MB of answers. */
export function createSources(parts: Parts): Sources {
  const { records, encryption, changes, log, now } = parts;
  const copies = createCopies<Source>(MAX_SOURCES, async (subject) => {
    const [workspace = '', name = ''] = subject.split('/');
    const record = await findSource(records, workspace, name);
    return record && openSource(encryption, record);
  });
  const gates = createGates(log, now);
  const stored = createKnownAnswers(parts, (error) => log.warn('source.unkept', {}, error));
  const answers = new LRUCache<string, Known>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ values }, key) => key.length + JSON.stringify(values).length + 100,
  });
  const failures = new LRUCache<string, Failure>({ max: 10_000 });
  const asking = new Map<string, Promise<Known | Failure>>();
  changes.on('source', (subject) => {
    copies.expire(subject);
    const isOfIt = (key: string) => key.startsWith(`${subject} `);
    for (const kept of [answers, failures]) for (const key of kept.keys()) if (isOfIt(key)) kept.delete(key);
  });

  async function askNow(key: string, source: Source, params: Readonly<Record<string, string>>) {
    const gate = gates.of(source);
    const end = await gate.enter();
    if (!end) return 'failed';
    const startedAt = performance.now();
    const answer = await ask(parts, source, params).finally(end);
    gate.heard(answer, performance.now() - startedAt);
    if (answer.failure) {
      failures.set(key, answer.failure, { ttl: answer.isItsFault ? FAILED_MS : REFUSED_MS });
      return answer.failure;
    }
    const known = { values: answer.values, at: now() };
    if (source.definition.personal) answers.set(key, known, { ttl: PERSONAL_MS });
    else {
      answers.set(key, known);
      stored.keep(source, params, known);
    }
    return known;
  }

  function askOnce(key: string, source: Source, params: Readonly<Record<string, string>>): Promise<Known | Failure> {
    const failure = failures.get(key);
    if (failure) return Promise.resolve(failure);
    let result = asking.get(key);
    if (!result) {
      result = askNow(key, source, params).finally(() => asking.delete(key));
      asking.set(key, result);
    }
    return result;
  }

  async function recall(key: string, source: Source, params: Readonly<Record<string, string>>) {
    if (source.definition.personal) return undefined;
    const known = await stored.find(source, params);
    // An answer may have come in the meantime.
    if (known && !answers.has(key)) answers.set(key, known);
    return answers.get(key);
  }

  async function give(workspace: string, wanted: CompiledSource, values: Values, until: number): Promise<Given> {
    const source = await within(copies.get(`${workspace}/${wanted.from}`), until - performance.now());
    if (isLate(source)) return { values: {}, failure: 'late' };
    if (!source) return { values: {}, failure: 'missing' };
    const params = fitParams(source.definition, wanted.params(values));
    // There is nothing to ask: the template says what is shown of somebody whose city nobody knows.
    if (params.missing.length > 0) return { values: {} };
    const key = `${subjectOf(source)} ${source.version} ${JSON.stringify(params.values)}`;
    const known = answers.get(key) ?? (await recall(key, source, params.values));
    const freshMs = source.definition.cacheSeconds * 1000;
    const isOver = (ms: number) => !known || isDue(known.at + ms, now(), ms);
    if (known && !isOver(freshMs)) return known;
    const asked = askOnce(key, source, params.values);
    // A little late is better than making somebody wait: the next one gets the new answer.
    if (known && !isOver(2 * freshMs)) return known;
    const answer = await within(asked, until - performance.now());
    if (isLate(answer)) return { values: known?.values ?? {}, failure: 'late' };
    return typeof answer === 'string' ? { values: known?.values ?? {}, failure: answer } : answer;
  }

  return {
    async resolve(workspace, { sources, drawnSources }, values, deadlineMs) {
      const until = performance.now() + deadlineMs;
      const drawn = sources.filter(({ name }) => drawnSources.includes(name));
      const given = await Promise.all(
        drawn.map((wanted) =>
          give(workspace, wanted, values, until).catch((error: unknown): Given => {
            log.warn('source.unread', { source: wanted.from }, error);
            return { values: {}, failure: 'failed' };
          }),
        ),
      );
      const source = drawn.map(({ name, fallback }, i) => [name, complete(fallback, given[i]?.values ?? {})] as const);
      const failed = given.findIndex(({ failure }) => failure !== undefined);
      const answer = { source: Object.fromEntries(source), isFresh: failed === -1 };
      const reason = `source-${drawn[failed]?.name}-${given[failed]?.failure as Failure}` as const;
      return answer.isFresh ? answer : { ...answer, reason };
    },
    async samples(workspace, { sources }) {
      const entries = sources.map(async ({ name, from, fallback }) => {
        const source = await copies.get(`${workspace}/${from}`);
        return [name, complete(fallback, source?.definition.sample ?? {})] as const;
      });
      return Object.fromEntries(await Promise.all(entries));
    },
    health: gates.health,
  };
}

/** The fields a template reads, each with what the source gave or else its fallback. */
const complete = (fallback: CompiledSource['fallback'], given: Given['values']): Record<string, LiveValue> =>
  Object.fromEntries(
    Object.entries(fallback).map(([field, value]) => [
      field,
      Object.hasOwn(given, field) ? (given[field] ?? value) : value,
    ]),
  );
