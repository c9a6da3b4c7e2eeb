import { createHash } from 'node:crypto';
import type { Call } from '../calls.ts';
import type { ContactsOrder, ContactsPage } from '../connector.ts';
import type { Client, Member, MembersPage } from './client.ts';
import { readAudience, toContact } from './map.ts';

/** One collection that is read to its end. */
type Stream = {
  readonly list: string;
  readonly isMember: boolean;
  read(offset: number, signal: AbortSignal): Promise<MembersPage>;
};

/**
 * Where a reading stands: the stream, how many of its rows were told, and marks of the last of them. A mark is too short
 * to tell an address by, and long enough for another row of a page hardly ever to have the same.
 */
type Cursor = { readonly stream: number; readonly offset: number; readonly marks: readonly string[] };

const PAGE = 1000;
const MARKS = 3;
const START: Cursor = { stream: 0, offset: 0, marks: [] };

/** Of a member at its place: whoever opts in again is at another one. */
const markOf = ({ id, timestamp_opt = '' }: Member): string =>
  createHash('sha256').update(`${id} ${timestamp_opt}`).digest('hex').slice(0, 8);
const writeCursor = ({ stream, offset, marks }: Cursor): string => [stream, offset, ...marks].join(':');

function readCursor(text: string | null): Cursor {
  const [stream, offset, ...marks] = (text ?? '').split(':');
  return text !== null && Number(stream) >= 0 && Number(offset) >= 0
    ? { stream: Number(stream), offset: Number(offset), marks }
    : START;
}

/**
 * Reads members page by page. A collection goes by the time of the opt-in, which our writing does not change; but members
 * are taken out while it is read, and everything after them moves up. So each page begins with the last rows told before:
 * where they are not, it goes back until it meets one, so that nobody is left out, though somebody may come twice.
 */
export async function* readContacts(
  client: Client,
  call: Call,
  referenceField: string,
  { audiences, since, cursor, tags, signal }: ContactsOrder,
): AsyncGenerator<ContactsPage> {
  const streams = streamsOf(client, call, audiences, since);
  let at = readCursor(cursor);
  for (let stream = streams[at.stream]; stream; stream = streams[at.stream]) {
    const { told, members, end, total } = await readOn(stream, at, signal);
    const { list, isMember } = stream;
    at =
      members.length === 0 || end >= total
        ? { ...START, stream: at.stream + 1 }
        : { stream: at.stream, offset: end, marks: members.slice(-MARKS).map(markOf) };
    yield {
      contacts: members.slice(told).map((member) => toContact(list, member, { tags, referenceField }, isMember)),
      cursor: at.stream < streams.length ? writeCursor(at) : null,
      total: streams.length === 1 ? total : null,
    };
  }
}

/** A page that begins with `told` rows that were told before, and where it ends. */
async function readOn(
  stream: Stream,
  { offset, marks }: Cursor,
  signal: AbortSignal,
): Promise<{
  readonly told: number;
  readonly members: readonly Member[];
  readonly end: number;
  readonly total: number;
}> {
  let from = Math.max(0, offset - marks.length);
  for (let step = PAGE; ; step *= 4) {
    const { members, total_items } = await stream.read(from, signal);
    const told = afterMarks(members, marks);
    if (told !== undefined || from === 0)
      return { told: told ?? 0, members, end: from + members.length, total: total_items };
    from = Math.max(0, from - step);
  }
}

/** After the last told row that is here; the first of its mark, since telling a row twice is better than never. */
function afterMarks(members: readonly Member[], marks: readonly string[]): number | undefined {
  for (const mark of marks.toReversed()) {
    const at = members.findIndex((member) => markOf(member) === mark);
    if (at >= 0) return at + 1;
  }
  return undefined;
}

function streamsOf(client: Client, call: Call, audiences: readonly string[], since: number | null): Stream[] {
  const members = (list: string, isMember: boolean, more: object = {}): Stream => ({
    list,
    isMember,
    read: (offset, signal) =>
      call('read', signal, (each) => client.members(list, { count: PAGE, offset, ...more }, each)),
  });
  // Times are whole seconds, and it is told what was changed after that.
  const changed =
    since === null ? undefined : { sinceLastChanged: `${new Date(since - 1000).toISOString().slice(0, 19)}Z` };
  return audiences.flatMap((id) => {
    const { list, segment } = readAudience(id);
    // The archived are only told when they are asked for.
    const changes = (isMember: boolean) =>
      changed ? [members(list, isMember, changed), members(list, isMember, { ...changed, status: 'archived' })] : [];
    if (segment === null) return changed ? changes(true) : [members(list, true)];
    // Who has come into a segment since is not to be asked, so it is read whole, and whoever is in none of it besides.
    const whole: Stream = {
      list,
      isMember: true,
      read: (offset, signal) =>
        call('read', signal, (each) => client.segmentMembers(list, segment, { count: PAGE, offset }, each)),
    };
    return [whole, ...changes(false)];
  });
}
