import { AppError } from '../../core/errors.ts';
import type { Call } from '../calls.ts';
import type { PlatformField, ReferenceEntry, Written } from '../connector.ts';
import type { Client, MergeField } from './client.ts';
import { isInvalid, unlessMissing } from './failure.ts';
import { EMAIL_FIELD, listsOf, reasonOf, toFields } from './map.ts';
import { memberHash, readHandle } from './member.ts';

/** What Mailchimp takes at a time. */
export const WRITES_AT_ONCE = 500;

// Said by some to be the limit of a tag: a longer one that is there already does.
const LONGEST_TAG = 10;
const MOST_FIELDS = 30;
const ALL = { count: 1000, offset: 0 };

/** Fields of any of the lists, each once, without the one that is ours. */
export async function readFields(
  client: Client,
  call: Call,
  referenceField: string,
  lists: readonly string[],
  signal: AbortSignal,
): Promise<PlatformField[]> {
  const byTag = new Map<string, PlatformField>([[EMAIL_FIELD.tag, EMAIL_FIELD]]);
  for (const list of lists)
    for (const field of (await fieldsOf(client, call, list, signal)).flatMap(toFields))
      if (field.tag !== referenceField && !byTag.has(field.tag)) byTag.set(field.tag, field);
  return [...byTag.values()];
}

const fieldsOf = async (
  client: Client,
  call: Call,
  list: string,
  signal: AbortSignal,
): Promise<readonly MergeField[]> =>
  (await call('read', signal, (each) => client.mergeFields(list, ALL, each))).merge_fields;

/** Sees to a text field of that tag, hidden from sign-up forms, in every list. */
export async function ensureField(
  client: Client,
  call: Call,
  tag: string,
  audiences: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const list of listsOf(audiences)) {
    if (isThere(await fieldsOf(client, call, list, signal), tag)) continue;
    if (tag.length > LONGEST_TAG)
      throw refused(`Mailchimp may cut a merge tag at ${LONGEST_TAG} characters: choose a shorter name than ${tag}.`);
    const field = { tag, name: 'Mergepix reference', type: 'text', required: false, public: false };
    const isAdded = await call('write', signal, (each) =>
      client.addMergeField(list, field, each).then(
        () => true,
        (error: unknown) => {
          if (isInvalid(error)) return false;
          throw error;
        },
      ),
    );
    if (isAdded) continue;
    // Added by a first try whose answer was lost, or by somebody else.
    const fields = await fieldsOf(client, call, list, signal);
    if (isThere(fields, tag)) continue;
    throw refused(
      fields.length >= MOST_FIELDS
        ? `A Mailchimp audience has ${fields.length} merge fields and takes no more: delete one that is not used, or give the connection the name of a text field.`
        : `Mailchimp does not let us add the merge field ${tag}: add it to the audience as a text field, and sync again.`,
    );
  }
}

/** Throws when there is one that takes no text. */
function isThere(fields: readonly MergeField[], tag: string): boolean {
  const field = fields.find((each) => each.tag === tag);
  if (field && field.type !== 'text')
    throw refused(`The merge field ${tag} is no text field: choose another name for the connection's reference field.`);
  return field !== undefined;
}

/**
 * Writes references into members that are there. No status is sent, so nobody's changes. Somebody who was deleted a moment
 * ago may be added by it, which is not documented: they are archived at once.
 */
export async function writeReferences(
  client: Client,
  call: Call,
  tag: string,
  entries: readonly ReferenceEntry[],
  signal: AbortSignal,
): Promise<Written> {
  const refusals: { handle: string; reason: string }[] = [];
  for (const [list, handles] of byList(entries)) {
    const members = [...handles.values()].map(({ email, reference }) => ({
      email_address: email,
      merge_fields: { [tag]: reference },
    }));
    const { new_members, errors } = await call('write', signal, (each) => client.updateMembers(list, members, each));
    const refuse = (email: string, reason: string) => {
      const handle = handles.get(email.toLowerCase())?.handle;
      if (handle !== undefined) refusals.push({ handle, reason });
    };
    for (const { email_address, error } of errors) refuse(email_address, reasonOf(error));
    for (const { email_address } of new_members) {
      await call('write', signal, (each) =>
        client.archiveMember(list, memberHash(email_address), each).catch(unlessMissing),
      );
      refuse(email_address, 'This contact is in the audience no more.');
    }
  }
  return { job: null, refused: refusals };
}

type Entry = ReferenceEntry & { readonly email: string };

/** By list, then by address in lower case: Mailchimp takes each once. */
function byList(entries: readonly ReferenceEntry[]): Map<string, Map<string, Entry>> {
  const lists = new Map<string, Map<string, Entry>>();
  for (const entry of entries) {
    const { list, email } = readHandle(entry.handle);
    const handles = lists.get(list) ?? new Map<string, Entry>();
    lists.set(list, handles.set(email.toLowerCase(), { ...entry, email }));
  }
  return lists;
}

const refused = (sentence: string) => new AppError('connection_refused', sentence);
