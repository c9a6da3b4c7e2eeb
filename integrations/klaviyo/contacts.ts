import { AppError } from '../../core/errors.ts';
import type { Audience, Connector, ContactsOrder, ContactsPage, PlatformField } from '../connector.ts';
import { type Client, held } from './client.ts';
import { contactOf, cursorOf, fieldsOf, type Profile, profileFields } from './map.ts';
import { isStale } from './trouble.ts';

const MEMBERS_A_PAGE = 100;
const AUDIENCES_A_PAGE = 10;
// Enough to see which properties profiles have, and what is in them.
const SAMPLED_PAGES = 3;

type Page<Item> = { readonly data: readonly Item[]; readonly links?: { readonly next?: string | null } };

/**
 * Where a reading of contacts stands, as its cursor tells: at a page of an audience, by its place in the order, and whether
 * that is a list or a segment; or, behind the last one, at a page of everybody who was changed.
 */
type Position = {
  readonly audience: number;
  readonly kind: Audience['kind'] | null;
  readonly cursor: string | null;
};

/** What of profiles is read, since when, and in which order. */
type Reading = {
  readonly fieldsProfile: ReturnType<typeof profileFields>;
  readonly since: number | null;
  readonly newestFirst?: boolean;
};

const writePosition = ({ audience, kind, cursor }: Position): string => JSON.stringify([audience, kind, cursor]);

function readPosition(text: string | null): Position {
  if (text === null) return { audience: 0, kind: null, cursor: null };
  const [audience, kind, cursor] = JSON.parse(text) as [number, Audience['kind'] | null, string | null];
  return { audience, kind, cursor };
}

/** Klaviyo's contacts: its profiles. */
export function createContacts(
  client: Client,
  referenceField: string,
): Pick<Connector, 'audiences' | 'fields' | 'contacts' | 'find' | 'keysOf' | 'gone'> & {
  /** A few pages of profiles, with all their properties. */
  sample(audiences: readonly string[], signal: AbortSignal): Promise<Profile[]>;
} {
  async function* listed(kind: Audience['kind'], signal: AbortSignal): AsyncIterable<Audience> {
    for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
      // On every page anew: a cursor is nothing but a place.
      const options = { pageSize: AUDIENCES_A_PAGE, ...(cursor !== null && { pageCursor: cursor }) };
      const page: Page<{ readonly id: string; readonly attributes: { readonly name?: string | null } }> | undefined =
        kind === 'list'
          ? await client.ask('lists', signal, (apis) => apis.lists().getLists({ ...options, fieldsList: ['name'] }))
          : await client.ask('segments', signal, (apis) =>
              apis.segments().getSegments({ ...options, fieldsSegment: ['name'] }),
            );
      const { data, links } = held(page, `${kind}s`);
      for (const { id, attributes } of data) yield { id, kind, name: attributes.name ?? id, contacts: null };
      cursor = cursorOf(links?.next);
    }
  }

  /** A page of an audience. Nobody but Klaviyo knows which of its ids are lists, and which are segments. */
  async function members(
    id: string,
    { kind, cursor }: Position,
    options: Reading,
    signal: AbortSignal,
  ): Promise<{ readonly kind: Audience['kind']; readonly page: Page<Profile> }> {
    const { since, fieldsProfile, newestFirst = false } = options;
    const query = {
      fieldsProfile,
      additionalFieldsProfile: ['subscriptions' as const],
      pageSize: MEMBERS_A_PAGE,
      sort: newestFirst ? ('-joined_group_at' as const) : ('joined_group_at' as const),
      ...(since !== null && { filter: `greater-or-equal(joined_group_at,${new Date(since).toISOString()})` }),
      ...(cursor !== null && { pageCursor: cursor }),
    };
    for (const of of kind === null ? (['list', 'segment'] as const) : [kind]) {
      const page =
        of === 'list'
          ? await client.ask<Page<Profile>>('listMembers', signal, (apis) => apis.lists().getProfilesForList(id, query))
          : await client.ask<Page<Profile>>('segmentMembers', signal, (apis) =>
              apis.segments().getProfilesForSegment(id, query),
            );
      if (page) return { kind: of, page };
    }
    throw new AppError(
      'connection_refused',
      `This Klaviyo account has no list or segment ${id} any more: choose the connection's audiences again.`,
    );
  }

  /** A page of all profiles: everybody in the order of their ids, or by their last change, as those changed since come. */
  async function everybody(
    cursor: string | null,
    { since, fieldsProfile, newestFirst = false }: Reading,
    signal: AbortSignal,
  ): Promise<Page<Profile>> {
    const page = await client.ask<Page<Profile>>('profiles', signal, (apis) =>
      apis.profiles().getProfiles({
        fieldsProfile,
        additionalFieldsProfile: ['subscriptions'],
        pageSize: MEMBERS_A_PAGE,
        sort: newestFirst ? '-updated' : since === null ? 'id' : 'updated',
        // There is no "greater or equal" for it.
        ...(since !== null && { filter: `greater-than(updated,${new Date(since - 1).toISOString()})` }),
        ...(cursor !== null && { pageCursor: cursor }),
      }),
    );
    return held(page, 'profiles');
  }

  /** The page at a position, and where the next one is; null behind the last. */
  async function read(
    { audiences, since, tags, signal }: ContactsOrder,
    position: Position,
  ): Promise<{ readonly page: ContactsPage; readonly next: Position | null }> {
    const fieldsProfile = profileFields(tags);
    const id = audiences[position.audience];
    if (id !== undefined) {
      const { kind, page } = await members(id, position, { fieldsProfile, since }, signal);
      const cursor = cursorOf(page.links?.next);
      const following: Position = { audience: position.audience + 1, kind: null, cursor: null };
      const isLast = following.audience >= audiences.length && since === null;
      const next = cursor !== null ? { ...position, kind, cursor } : isLast ? null : following;
      return { page: toPage(page, true, next), next };
    }
    const page = await everybody(position.cursor, { since, fieldsProfile }, signal);
    const cursor = cursorOf(page.links?.next);
    const next = cursor === null ? null : { ...position, cursor };
    return { page: toPage(page, audiences.length === 0, next), next };

    function toPage({ data }: Page<Profile>, isMember: boolean, after: Position | null): ContactsPage {
      return {
        contacts: data.map((profile) => contactOf(profile, { tags, referenceField, audiences, isMember })),
        cursor: after === null ? null : writePosition(after),
        total: null,
      };
    }
  }

  async function readAgain(order: ContactsOrder, position: Position): ReturnType<typeof read> {
    try {
      return await read(order, position);
    } catch (error) {
      if (position.cursor === null || !isStale(error)) throw error;
      return read(order, { ...position, cursor: null });
    }
  }

  /** Newest first: what is asked of people changes in time. */
  async function sample(audiences: readonly string[], signal: AbortSignal): Promise<Profile[]> {
    const reading: Reading = { fieldsProfile: profileFields([]), since: null, newestFirst: true };
    const profiles: Profile[] = [];
    const few = audiences.slice(0, SAMPLED_PAGES);
    const pagesOf = async (pages: number, fetch: (cursor: string | null) => Promise<Page<Profile>>) => {
      for (let i = 0, cursor: string | null = null; i === 0 || (i < pages && cursor !== null); i++) {
        const page = await fetch(cursor);
        profiles.push(...page.data);
        cursor = cursorOf(page.links?.next);
      }
    };
    if (few.length === 0) await pagesOf(SAMPLED_PAGES, (cursor) => everybody(cursor, reading, signal));
    for (const id of few) {
      let kind: Audience['kind'] | null = null;
      await pagesOf(Math.ceil(SAMPLED_PAGES / few.length), async (cursor) => {
        const read = await members(id, { audience: 0, kind, cursor }, reading, signal);
        kind = read.kind;
        return read.page;
      });
    }
    return profiles;
  }

  return {
    sample,
    async *audiences(signal) {
      yield* listed('list', signal);
      yield* listed('segment', signal);
    },
    fields: async (audiences, signal): Promise<PlatformField[]> =>
      fieldsOf(await sample(audiences, signal), referenceField),
    async *contacts(order) {
      let reading: ReturnType<typeof read> | null = readAgain(order, readPosition(order.cursor));
      while (reading) {
        const { page, next }: Awaited<ReturnType<typeof read>> = await reading;
        // Fetched while the page before is worked on.
        reading = next && readAgain(order, next);
        reading?.catch(() => undefined);
        yield page;
      }
    },
    async find(handle, tags, signal) {
      const answer = await client.ask<{ readonly data: Profile }>('profiles', signal, (apis) =>
        apis.profiles().getProfile(handle, {
          fieldsProfile: profileFields(tags),
          additionalFieldsProfile: ['subscriptions'],
        }),
      );
      return answer ? contactOf(answer.data, { tags, referenceField, audiences: [], isMember: false }) : null;
    },
    async keysOf(email, _audiences, signal) {
      const page = await client.ask<Page<Profile>>('profiles', signal, (apis) =>
        apis.profiles().getProfiles({
          fieldsProfile: ['id'],
          filter: `any(email,${JSON.stringify([...new Set([email, email.toLowerCase()])])})`,
        }),
      );
      return held(page, 'profiles').data.map(({ id }) => id);
    },
    async gone(handles, signal) {
      const missing: string[] = [];
      for (let i = 0; i < handles.length; i += MEMBERS_A_PAGE) {
        const some = handles.slice(i, i + MEMBERS_A_PAGE);
        const page = await client.ask<Page<Profile>>('profiles', signal, (apis) =>
          apis.profiles().getProfiles({
            fieldsProfile: ['id'],
            filter: `any(id,${JSON.stringify(some)})`,
            pageSize: MEMBERS_A_PAGE,
          }),
        );
        const there = new Set(held(page, 'profiles').data.map(({ id }) => id));
        missing.push(...some.filter((handle) => !there.has(handle)));
      }
      return missing;
    },
  };
}
