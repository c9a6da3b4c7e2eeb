import type { PlannedSend, PlatformContact, PlatformField } from '../connector.ts';
import type { Campaign, Member, MergeField } from './client.ts';
import { memberHandle, memberKey } from './member.ts';

/** The address of a member, which is no merge field of the list, though `*|EMAIL|*` is a tag. */
export const EMAIL_FIELD: PlatformField = { tag: 'EMAIL', title: 'Email address', type: 'text' };

/** An audience as the connection names it: a list by its id, a segment by the list's, a slash and its own. */
export type AudienceId = { readonly list: string; readonly segment: string | null };

export function readAudience(id: string): AudienceId {
  const [list = '', segment = null] = id.split('/');
  return { list, segment };
}

export const segmentId = (list: string, segment: number): string => `${list}/${segment}`;

/** The lists of some audiences, each once. */
export const listsOf = (audiences: readonly string[]): string[] => [
  ...new Set(audiences.map((id) => readAudience(id).list)),
];

const types: Readonly<Record<string, PlatformField['type']>> = {
  text: 'text',
  zip: 'text',
  phone: 'text',
  radio: 'text',
  dropdown: 'text',
  number: 'number',
  date: 'date',
  url: 'url',
  imageurl: 'url',
};

/** The parts of an address field, as members hold them, and what they are. */
export const ADDRESS_PARTS = {
  addr1: 'street',
  addr2: 'street, second line',
  city: 'city',
  state: 'state',
  zip: 'postal code',
  country: 'country',
} as const;

/** A merge field; the parts of an address are fields of their own, such as `ADDRESS.city`. */
export function toFields({ tag, name, type }: MergeField): PlatformField[] {
  if (type !== 'address') return [{ tag, title: name, type: types[type] ?? 'other' }];
  return Object.entries(ADDRESS_PARTS).map(([part, title]) => ({
    tag: `${tag}.${part}`,
    title: `${name}: ${title}`,
    type: 'text',
  }));
}

/** What a member is read for. */
export type Wanted = { readonly tags: readonly string[]; readonly referenceField: string };

/** A member of a list. Whoever is not subscribed gets no campaigns, whatever the reason. */
export function toContact(
  list: string,
  { email_address, status, merge_fields = {} }: Member,
  { tags, referenceField }: Wanted,
  isMember: boolean,
): PlatformContact {
  const values = tags.map((tag) => [tag, readValue(tag, email_address, merge_fields)] as const);
  const reference = merge_fields[referenceField];
  return {
    key: memberKey(list, email_address),
    handle: memberHandle(list, email_address),
    state: status === 'subscribed' ? 'active' : 'unsubscribed',
    isMember,
    fields: Object.fromEntries(values.filter(([, value]) => value !== undefined && value !== null && value !== '')),
    reference: typeof reference === 'string' && reference !== '' ? reference : null,
  };
}

function readValue(tag: string, email: string, fields: Readonly<Record<string, unknown>>): unknown {
  if (tag === EMAIL_FIELD.tag) return email;
  const [name = '', part] = tag.split('.');
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (part === undefined) return value;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, part)
    ? (value as Record<string, unknown>)[part]
    : undefined;
}

// By their own time zones the first recipients are that far ahead at most; Mailchimp wants as much time before.
const TIMEWARP_MS = 24 * 3_600_000;

/** A scheduled campaign; undefined when it has no time or no list. Conditions made for it alone reach the whole list at most. */
export function toSend({ id, settings, recipients, send_time, variate_settings }: Campaign): PlannedSend | undefined {
  const times = [send_time ?? '', ...(variate_settings?.send_times ?? [])].map(Date.parse).filter(Number.isFinite);
  const list = recipients?.list_id;
  const [sendAt] = times;
  if (sendAt === undefined || list === undefined || list === '') return undefined;
  const { saved_segment_id: segment, prebuilt_segment_id, conditions = [] } = recipients?.segment_opts ?? {};
  const isNarrowed = !segment && (Boolean(prebuilt_segment_id) || conditions.length > 0);
  return {
    id,
    name: settings?.title || settings?.subject_line || id,
    sendAt,
    firstAt: Math.min(...times) - (settings?.timewarp === true ? TIMEWARP_MS : 0),
    included: [segment ? segmentId(list, segment) : list],
    excluded: [],
    notes: isNarrowed
      ? ['Mailchimp does not tell who is in a segment that was not saved: pictures are made for its whole audience.']
      : [],
  };
}

/** Why a member was not written to, without a word of theirs: Mailchimp's own hold the address. */
export function reasonOf(error = ''): string {
  if (/compliance/i.test(error)) return 'Mailchimp lets nobody change this contact until they subscribe again.';
  if (/fake or invalid|valid email/i.test(error))
    return 'Mailchimp does not take the address of this contact for a real one.';
  return 'Mailchimp did not accept the change of this contact.';
}
