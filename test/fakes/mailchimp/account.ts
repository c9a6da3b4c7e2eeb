import { createHash } from 'node:crypto';

/** One person of an audience. Times are in ms since 1970; only fields that were given are in `fields`. */
export type FakeMember = {
  readonly id: string;
  readonly email: string;
  status: 'subscribed' | 'unsubscribed' | 'cleaned' | 'pending' | 'transactional' | 'archived';
  readonly fields: Record<string, unknown>;
  optAt: number;
  changedAt: number;
};

export type FakeMergeField = {
  readonly merge_id: number;
  readonly tag: string;
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default_value: string;
  readonly public: boolean;
};

export type FakeSegment = { readonly id: number; readonly name: string; has(member: FakeMember): boolean };

export type FakeWebhook = {
  readonly id: string;
  url: string;
  events: Record<string, boolean>;
  sources: Record<string, boolean>;
  /** What its calls are signed with; they carry no signature without one. */
  readonly secret?: string;
};

/** An audience. */
export type FakeList = {
  readonly id: string;
  readonly name: string;
  /** By id: md5 of the address in lower case. */
  readonly members: Map<string, FakeMember>;
  readonly mergeFields: FakeMergeField[];
  readonly segments: FakeSegment[];
  readonly webhooks: FakeWebhook[];
  /** Members in the order of their opt-in, until somebody comes or goes. */
  ordered: readonly FakeMember[] | undefined;
};

/** A campaign; `sections` holds what was put over the defaults of its template. */
export type FakeCampaign = {
  readonly id: string;
  readonly title: string;
  type: 'regular' | 'variate' | 'rss';
  status: 'save' | 'paused' | 'schedule' | 'sending' | 'sent';
  contentType: 'html' | 'template' | 'multichannel';
  sendAt: number | null;
  timewarp: boolean;
  readonly list: string;
  /** As the API writes them: a saved segment, a prebuilt one, or conditions. */
  readonly segmentOpts: Readonly<Record<string, unknown>> | undefined;
  html: string;
  plainText: string;
  template: { readonly id: number; sections: Record<string, string> } | undefined;
  /** The contents a `variate` one tries against each other. */
  readonly variants: string[];
};

/** A saved template: its editable areas are elements with `mc:edit`. */
export type FakeTemplate = {
  readonly id: number;
  readonly name: string;
  readonly html: string;
  isDragAndDrop: boolean;
};

/** An account, to be looked at and changed by a test. */
export type FakeAccount = {
  readonly id: string;
  readonly name: string;
  readonly dataCentre: string;
  /** The key it answers to; change it to revoke the old one. */
  apiKey: string;
  accessToken: string;
  role: 'owner' | 'manager' | 'author' | 'viewer';
  /** "30 fields (80 on Premium)". */
  mostFields: number;
  readonly lists: Map<string, FakeList>;
  readonly campaigns: Map<string, FakeCampaign>;
  readonly templates: Map<number, FakeTemplate>;
};

/** "member id = md5(lowercase email)". */
export const memberId = (email: string): string => createHash('md5').update(email.toLowerCase()).digest('hex');

let made = 0;

/** One account with nothing in it; its key names its data centre behind the dash. */
export function createAccount(name: string, dataCentre = 'us21'): FakeAccount {
  made++;
  const digits = memberId(`account ${made}`);
  return {
    id: digits.slice(0, 25),
    name,
    dataCentre,
    apiKey: `${digits}-${dataCentre}`,
    accessToken: memberId(`token ${made}`),
    role: 'owner',
    mostFields: 30,
    lists: new Map(),
    campaigns: new Map(),
    templates: new Map(),
  };
}

/** An audience with the fields a new one has; the tag of the first name can be another one: "FNAME can be renamed". */
export function addList(account: FakeAccount, name: string, { firstNameTag = 'FNAME' } = {}): FakeList {
  made++;
  const list: FakeList = {
    id: memberId(`list ${made}`).slice(0, 10),
    name,
    members: new Map(),
    mergeFields: [],
    segments: [],
    webhooks: [],
    ordered: undefined,
  };
  addMergeField(list, firstNameTag, 'First Name', 'text');
  addMergeField(list, 'LNAME', 'Last Name', 'text');
  addMergeField(list, 'ADDRESS', 'Address', 'address');
  addMergeField(list, 'BIRTHDAY', 'Birthday', 'birthday');
  account.lists.set(list.id, list);
  return list;
}

/** One more merge field. `defaultValue` is what mail shows where a member has none: "defaults live in the field". */
export function addMergeField(
  list: FakeList,
  tag: string,
  name: string,
  type: string,
  { defaultValue = '', isPublic = true } = {},
): FakeMergeField {
  const field = {
    merge_id: list.mergeFields.length + 1,
    tag,
    name,
    type,
    required: false,
    default_value: defaultValue,
    public: isPublic,
  };
  list.mergeFields.push(field);
  return field;
}

/** One more member; opted in a second after the one before, unless `at` says when. */
export function addMember(
  list: FakeList,
  email: string,
  fields: Readonly<Record<string, unknown>> = {},
  { status = 'subscribed' as FakeMember['status'], at = Date.UTC(2026, 0, 1) + list.members.size * 1000 } = {},
): FakeMember {
  const member: FakeMember = { id: memberId(email), email, status, fields: { ...fields }, optAt: at, changedAt: at };
  list.members.set(member.id, member);
  list.ordered = undefined;
  return member;
}

/** Deleted for good: the API answers 404 for it. */
export function removeMember(list: FakeList, email: string): void {
  list.members.delete(memberId(email));
  list.ordered = undefined;
}

/** Their fields as somebody in the account changes them: whatever changes is seen in `last_changed`. */
export function changeMember(
  list: FakeList,
  email: string,
  { status, ...fields }: Readonly<Record<string, unknown>> & { readonly status?: FakeMember['status'] },
): FakeMember {
  const member = list.members.get(memberId(email));
  if (!member) throw new Error(`${email} is not in ${list.name}: add it with addMember first`);
  Object.assign(member.fields, fields);
  if (status !== undefined) member.status = status;
  member.changedAt = Date.now();
  return member;
}

/** Members in the order of their opt-in, those at the same second as they came. */
export function orderMembers(list: FakeList): readonly FakeMember[] {
  list.ordered ??= [...list.members.values()].sort((a, b) => a.optAt - b.optAt);
  return list.ordered;
}

/** One more campaign, as a draft of pasted HTML unless told otherwise. */
export function addCampaign(
  account: FakeAccount,
  list: FakeList,
  html: string,
  more: Partial<Omit<FakeCampaign, 'id' | 'list' | 'html'>> = {},
): FakeCampaign {
  made++;
  const campaign: FakeCampaign = {
    id: memberId(`campaign ${made}`).slice(0, 10),
    title: `Campaign ${made}`,
    type: 'regular',
    status: 'save',
    contentType: 'html',
    sendAt: null,
    timewarp: false,
    list: list.id,
    segmentOpts: undefined,
    html,
    plainText: 'As it was written.',
    template: undefined,
    variants: [],
    ...more,
  };
  account.campaigns.set(campaign.id, campaign);
  return campaign;
}

/** One more saved template. */
export function addTemplate(account: FakeAccount, html: string, { isDragAndDrop = false } = {}): FakeTemplate {
  made++;
  const template = { id: 1000 + made, name: `Template ${made}`, html, isDragAndDrop };
  account.templates.set(template.id, template);
  return template;
}

/** One more segment of an audience. */
export function addSegment(list: FakeList, name: string, has: FakeSegment['has']): FakeSegment {
  made++;
  const segment = { id: 70_000 + made, name, has };
  list.segments.push(segment);
  return segment;
}
