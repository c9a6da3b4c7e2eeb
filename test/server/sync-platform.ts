import { setTimeout as pause } from 'node:timers/promises';
import { klaviyo } from '../../core/links/dialects/klaviyo.ts';
import type { Connector, PlatformContact } from '../../integrations/connector.ts';

/** Somebody on the platform. */
export type Person = {
  id: string;
  fields: Record<string, unknown>;
  reference: string | null;
  state: PlatformContact['state'];
  isMember: boolean;
  changedAt: number;
  /** Those they are in; every one when null. */
  audiences: readonly string[] | null;
};

/** A platform in this process that does what a test asks of it. */
export type FakePlatform = {
  readonly people: Map<string, Person>;
  readonly connector: Connector;
  /** What was asked of it, by name. */
  readonly asked: Record<string, number>;
  /** Called before each page is given, with its number in this reading. */
  beforePage: (page: number) => void | Promise<void>;
  /** What is thrown instead of the answer to a write. */
  beforeWrite: () => void;
  /** A reason for those whose reference it does not take. */
  refuse: (handle: string) => string | undefined;
  /** References are taken by jobs that take this many looks. */
  jobLooks: number | null;
  add(...people: (Partial<Person> & { id: string })[]): void;
};

/** Makes one with pages and writes of these sizes. */
export function createFakePlatform({ pageSize = 10, writesAtOnce = 20 } = {}): FakePlatform {
  const people = new Map<string, Person>();
  const asked: Record<string, number> = {};
  const jobs = new Map<string, { looks: number; entries: readonly { handle: string; reference: string }[] }>();
  const ask = (what: string) => {
    asked[what] = (asked[what] ?? 0) + 1;
  };
  const take = (handle: string, reference: string) => {
    const person = people.get(handle);
    if (person) Object.assign(person, { reference, changedAt: Date.now() });
  };
  const refusedOf = (entries: readonly { handle: string }[]) =>
    entries.flatMap(({ handle }) => {
      const reason = fake.refuse(handle);
      return reason === undefined ? [] : [{ handle, reason }];
    });
  const tell = (person: Person, tags: readonly string[]): PlatformContact => ({
    ...{ key: person.id, handle: person.id, state: person.state, isMember: person.isMember },
    fields: Object.fromEntries(Object.entries(person.fields).filter(([tag]) => tags.includes(tag))),
    reference: person.reference,
  });

  const fake: FakePlatform = {
    ...{ people, asked, jobLooks: null },
    beforePage: () => undefined,
    beforeWrite: () => undefined,
    refuse: () => undefined,
    add(...given) {
      for (const { id, ...rest } of given)
        people.set(id, {
          ...{ id, fields: { 'First Name': `Name ${id}` }, reference: null, state: 'active', isMember: true },
          ...{ changedAt: Date.now(), audiences: null, ...rest },
        });
    },
    connector: {
      dialect: klaviyo,
      writesAtOnce,
      check: async () => ({ id: 'account', name: 'Acme', missing: [] }),
      async *audiences() {},
      fields: async () => [],
      keysOf: async () => [],
      async *contacts({ audiences: asked, since, cursor, tags, signal }) {
        let page = 0;
        for (let from = Number(cursor ?? 0); ; from += pageSize) {
          await pause(1);
          await fake.beforePage(page++);
          signal.throwIfAborted();
          ask('contacts');
          const found = [...people.values()].filter(
            ({ changedAt, audiences }) =>
              (since === null || changedAt >= since) &&
              (asked.length === 0 || audiences === null || asked.some((id) => audiences.includes(id))),
          );
          const isLast = from + pageSize >= found.length;
          const shown = found.slice(from, from + pageSize).map((person) => tell(person, tags));
          yield { contacts: shown, cursor: isLast ? null : String(from + pageSize), total: found.length };
          if (isLast) return;
        }
      },
      find: async (handle, tags) => {
        const person = people.get(handle);
        return person ? tell(person, tags) : null;
      },
      async gone(handles) {
        ask('gone');
        return handles.filter((handle) => !people.has(handle));
      },
      async ensureField() {
        ask('ensureField');
      },
      async writeReferences(entries) {
        ask('writeReferences');
        fake.beforeWrite();
        const refused = refusedOf(entries);
        const accepted = entries.filter(({ handle }) => fake.refuse(handle) === undefined);
        if (fake.jobLooks === null) {
          for (const { handle, reference } of accepted) take(handle, reference);
          return { job: null, refused };
        }
        const job = `job-${jobs.size}`;
        jobs.set(job, { looks: fake.jobLooks, entries });
        return { job, refused: [] };
      },
      async written(id) {
        ask('written');
        const job = jobs.get(id);
        if (!job || job.looks-- > 0) return undefined;
        const refused = refusedOf(job.entries);
        for (const { handle, reference } of job.entries) if (fake.refuse(handle) === undefined) take(handle, reference);
        return refused;
      },
      async *sends() {},
      emails: async () => [],
      hasBegun: async () => false,
      place: async () => ({ changes: [], notes: [] }),
    },
  };
  return fake;
}
