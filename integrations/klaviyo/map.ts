import { klaviyo as dialect } from '../../core/links/dialects/klaviyo.ts';
import type { PlannedSend, PlatformContact, PlatformField } from '../connector.ts';

/** Of a profile, what is asked for. */
export type Profile = {
  readonly id: string;
  readonly attributes: {
    readonly location?: Readonly<Record<string, unknown>> | null;
    readonly properties?: Readonly<Record<string, unknown>> | null;
    readonly subscriptions?: {
      readonly email?: {
        readonly marketing?: {
          readonly can_receive_email_marketing?: boolean;
          readonly consent?: string;
          readonly suppression?: readonly unknown[] | null;
          readonly list_suppressions?: readonly { readonly list_id?: string }[] | null;
        };
      };
    } | null;
    readonly [name: string]: unknown;
  };
};

const BUILT_IN = {
  email: 'Email',
  first_name: 'First name',
  last_name: 'Last name',
  organization: 'Organization',
  title: 'Title',
  phone_number: 'Phone number',
  locale: 'Locale',
  external_id: 'External id',
  image: 'Image',
  'location.address1': 'Address',
  'location.address2': 'Address, second line',
  'location.city': 'City',
  'location.region': 'Region',
  'location.zip': 'Postal code',
  'location.country': 'Country',
  'location.timezone': 'Time zone',
} as const;
type BuiltIn = keyof typeof BUILT_IN;
/** Whether it is Klaviyo's own, and no property. */
export const isBuiltIn = (tag: string): tag is BuiltIn => Object.hasOwn(BUILT_IN, tag);

/** What to ask of profiles: own properties come all or none, and the reference is one of them. */
export const profileFields = (tags: readonly string[]): (BuiltIn | 'properties' | 'subscriptions')[] => [
  ...tags.filter(isBuiltIn),
  'properties',
  'subscriptions',
];

const fieldOf = ({ attributes }: Profile, tag: string): unknown => {
  if (!isBuiltIn(tag))
    return attributes.properties && Object.hasOwn(attributes.properties, tag) ? attributes.properties[tag] : null;
  return tag.startsWith('location.') ? attributes.location?.[tag.slice('location.'.length)] : attributes[tag];
};

/** A profile as a contact. `audiences` are those of the connection, in which some may be left one by one. */
export function contactOf(
  profile: Profile,
  order: {
    readonly tags: readonly string[];
    readonly referenceField: string;
    readonly audiences: readonly string[];
    readonly isMember: boolean;
  },
): PlatformContact {
  const fields: Record<string, unknown> = {};
  for (const tag of order.tags) {
    const value = fieldOf(profile, tag);
    if (value !== null && value !== undefined && value !== '') fields[tag] = value;
  }
  const reference = fieldOf(profile, order.referenceField);
  return {
    key: profile.id,
    handle: profile.id,
    state: getsMail(profile, order.audiences) ? 'active' : 'unsubscribed',
    isMember: order.isMember,
    fields,
    reference: textOf(reference),
  };
}

// Whoever a profile is about may have put anything into a property: what is no text is none of ours, and written over.
const textOf = (value: unknown): string | null =>
  typeof value === 'string' ? value || null : value === null || value === undefined ? null : typeof value;

/** Somebody who never said yes may be mailed; whoever has said no, bounced or complained may not. */
function getsMail({ attributes: { subscriptions } }: Profile, audiences: readonly string[]): boolean {
  const marketing = subscriptions?.email?.marketing;
  if (!marketing) return true;
  const { can_receive_email_marketing, consent, suppression, list_suppressions } = marketing;
  if (can_receive_email_marketing === false || consent === 'UNSUBSCRIBED' || (suppression?.length ?? 0) > 0)
    return false;
  const left = new Set(list_suppressions?.map(({ list_id }) => list_id));
  return audiences.length === 0 || audiences.some((audience) => !left.has(audience));
}

const MOST_PROPERTIES = 1000;
// Others wait while they are counted.
const MOST_OF_ONE = 500;

/** Tags for the fields of a profile: Klaviyo's own, and those properties that these profiles have. */
export function fieldsOf(profiles: readonly Profile[], referenceField: string): PlatformField[] {
  const samples = new Map<string, unknown[]>();
  for (const { attributes } of profiles)
    for (const name of Object.keys(attributes.properties ?? {}).slice(0, MOST_OF_ONE)) {
      const value = attributes.properties?.[name];
      if (value === null || value === undefined || value === '') continue;
      const values = samples.get(name) ?? [];
      values.push(value);
      samples.set(name, values);
    }
  const own = Object.entries(BUILT_IN).map(([tag, title]): PlatformField => {
    return { tag, title, type: tag === 'image' ? 'url' : 'text' };
  });
  const custom = [...samples]
    // Whoever is in the account may make up names by the thousand: those of the most profiles are looked at.
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, MOST_PROPERTIES)
    // Names with a $ are Klaviyo's own book-keeping, and what its tags cannot name could not be mapped.
    .filter(([name]) => !name.startsWith('$') && dialect.fieldPattern.test(name))
    .filter(([name]) => name !== referenceField && !isBuiltIn(name))
    .map(([name, values]): PlatformField => ({ tag: name, title: name, type: typeOf(values) }));
  return [...own, ...custom.sort((a, b) => (a.tag < b.tag ? -1 : 1))];
}

const kinds: readonly (readonly [PlatformField['type'], (value: unknown) => boolean])[] = [
  ['number', (value) => typeof value === 'number'],
  ['boolean', (value) => typeof value === 'boolean'],
  ['url', (value) => typeof value === 'string' && /^https?:\/\//i.test(value)],
  ['date', (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d(?:[T ]|$)/.test(value)],
  ['text', (value) => typeof value === 'string'],
];

/** What all the values are; the type of none of them is told by one. */
const typeOf = (values: readonly unknown[]): PlatformField['type'] =>
  kinds.find(([, fits]) => values.every(fits))?.[0] ?? 'other';

/** Of a campaign, what is looked at. */
export type Campaign = {
  readonly id: string;
  readonly attributes: {
    readonly name: string;
    readonly status: string;
    readonly audiences: { readonly included: readonly string[]; readonly excluded?: readonly string[] };
    readonly send_strategy?: {
      readonly method?: string;
      readonly datetime?: string;
      readonly date?: string;
      readonly options?: { readonly is_local?: boolean } | null;
    } | null;
    readonly scheduled_at?: string | null;
    readonly send_time?: string | null;
  };
};

/** Campaigns in these states are going to be sent. */
export const plannedStates = [
  'Scheduled',
  'Preparing to schedule',
  'Adding Recipients',
  'Sending Segments',
  'Queued without Recipients',
];

// The first time zones have a day when most have the one before.
const EARLIEST_MS = 14 * 60 * 60_000;

/** When a campaign goes out; undefined when Klaviyo does not say. */
export function plannedSend({ id, attributes }: Campaign): PlannedSend | undefined {
  const { send_strategy: strategy, send_time, scheduled_at } = attributes;
  const sendAt = [send_time, strategy?.datetime, strategy?.date, scheduled_at]
    .map((text) => Date.parse(text ?? ''))
    .find((ms) => Number.isFinite(ms));
  if (sendAt === undefined) return undefined;
  // By the recipients' own clocks, or on a day of which each gets an hour of their own.
  const isSpread = strategy?.options?.is_local === true || strategy?.method === 'smart_send_time';
  return {
    id,
    name: attributes.name,
    sendAt,
    firstAt: isSpread ? sendAt - EARLIEST_MS : sendAt,
    included: attributes.audiences.included,
    excluded: attributes.audiences.excluded ?? [],
    notes: [],
  };
}

/** What `page[cursor]` wants of a link to the next page; null when there is none. */
export function cursorOf(next: string | null | undefined): string | null {
  return next && URL.canParse(next) ? new URL(next).searchParams.get('page[cursor]') : null;
}
