import type { Library } from '@mailchimp/mailchimp_marketing';
import { readText } from '../body.ts';
import type { Credentials } from '../connector.ts';
import { MailchimpFailure } from './failure.ts';
import { readJson } from './json.ts';

/** A member of a list; only what is asked for is told. */
export type Member = {
  readonly id: string;
  readonly email_address: string;
  readonly status: string;
  /** Empty for whoever never has. */
  readonly timestamp_opt?: string;
  readonly merge_fields?: Readonly<Record<string, unknown>>;
};
export type MembersPage = { readonly members: readonly Member[]; readonly total_items: number };
export type MergeField = { readonly tag: string; readonly name: string; readonly type: string };
export type Webhook = {
  readonly id: string;
  readonly url: string;
  readonly events: Readonly<Record<string, boolean>>;
  readonly sources: Readonly<Record<string, boolean>>;
  /** What its calls are signed with: told once, when it is added, and not by every account's Mailchimp. */
  readonly signing_secret?: unknown;
};
export type WebhookOrder = Pick<Webhook, 'url' | 'events' | 'sources'>;
export type Campaign = {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly send_time?: string;
  readonly content_type?: string;
  readonly recipients?: {
    readonly list_id?: string;
    readonly segment_opts?: {
      readonly saved_segment_id?: number;
      readonly prebuilt_segment_id?: string;
      readonly conditions?: readonly unknown[];
    };
  };
  readonly settings?: {
    readonly title?: string;
    readonly subject_line?: string;
    readonly timewarp?: boolean;
    readonly template_id?: number;
    readonly drag_and_drop?: boolean;
  };
  readonly variate_settings?: { readonly send_times?: readonly string[] };
};
export type Content = { readonly html?: string; readonly plain_text?: string };
/** All that a campaign shows: `variate_contents` are those it tries against each other. */
export type Shown = {
  readonly html?: string;
  readonly archive_html?: string;
  readonly variate_contents?: readonly { readonly html?: string }[];
};
export type ContentOrder = {
  readonly html?: string;
  readonly plain_text?: string;
  readonly template?: { readonly id: number; readonly sections: Readonly<Record<string, string>> };
};
export type BatchAnswer = {
  readonly new_members: readonly Pick<Member, 'email_address'>[];
  readonly errors: readonly { readonly email_address: string; readonly error?: string }[];
};

/** A part of a long collection: at most 1,000 rows. */
export type Part = { readonly count: number; readonly offset: number };
/** Which members: sorted by their opt-in, so that writing to them moves nobody. */
export type MembersPart = Part & { readonly sinceLastChanged?: string; readonly status?: 'archived' };

/** The calls that are made, each once, without a turn or a second try. They throw `MailchimpFailure`. */
export type Client = ReturnType<typeof createClient>;

// More than a thousand members with all the fields that an audience may have.
const MOST_BYTES = 32 * 1024 * 1024;

type Start = (library: Library) => Promise<unknown>;

/** Opens a client of its own: nothing is shared with the library's one instance. */
export async function openClient(basePath: string, credentials: Credentials): Promise<Client> {
  const { default: shared } = await import('@mailchimp/mailchimp_marketing');
  const library = new shared.constructor();
  // Whole, and no `server` in the configuration: the library would put that in place of the first "server" in the address.
  library.basePath = basePath;
  library.setConfig({});
  const authorization =
    credentials.kind === 'key'
      ? `Basic ${Buffer.from(`mergepix:${credentials.apiKey}`).toString('base64')}`
      : `Bearer ${credentials.accessToken}`;
  let signal: AbortSignal | undefined;
  // The library's own way to the network cannot be stopped, and where it is redirected it takes the key to whatever host.
  library.callApi = async (path, method, parts, query, _headers, _form, body) => {
    const order = { path, method, authorization, body, signal };
    // What is no id is the name of nothing, and must not become another path.
    if (!Object.values(parts).every((part) => /^[\w-]{1,64}$/.test(String(part))))
      throw failure(path, 404, 'Resource Not Found');
    const search = new URLSearchParams(library.normalizeParams(query)).toString();
    return { data: await send(`${library.buildUrl(path, parts)}${search === '' ? '' : `?${search}`}`, order) };
  };
  return createClient((given, start) => {
    // A call begins at once, so nobody else's signal can come in between.
    signal = given;
    return start(library);
  });
}

type Order = {
  readonly path: string;
  readonly method: string;
  readonly authorization: string;
  readonly body: unknown;
  readonly signal: AbortSignal | undefined;
};

const failure = (path: string, status: number, title: string | null = null, waitMs: number | null = null) =>
  new MailchimpFailure({ status, path, title, waitMs });

async function send(url: string, { path, method, authorization, body, signal }: Order): Promise<unknown> {
  let status: number;
  let headers: Headers;
  let text: string;
  try {
    const answer = await fetch(url, {
      method,
      headers: { authorization, accept: 'application/json', 'content-type': 'application/json' },
      ...(body !== null && body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: signal ?? null,
    });
    ({ status, headers } = answer);
    text = await readText(answer, MOST_BYTES);
  } catch {
    throw failure(path, 0);
  }
  if (status === 204) return null;
  const json = readJson(text);
  if (status === 200 && json !== undefined) return json;
  if (status === 200) throw failure(path, 502);
  const title = typeof json?.title === 'string' ? json.title : null;
  throw failure(path, status, title, readWait(headers.get('retry-after')));
}

/** Seconds, as far as they are a number. */
const readWait = (text: string | null): number | null =>
  text !== null && /^\d{1,5}$/.test(text) ? Number(text) * 1000 : null;

const MEMBER = ['id', 'email_address', 'status', 'timestamp_opt', 'merge_fields'];
const membersOf = (part: Part) => ({
  ...{ count: part.count, offset: part.offset },
  fields: [...MEMBER.map((field) => `members.${field}`), 'total_items'],
});

function createClient(ask: (signal: AbortSignal, start: Start) => Promise<unknown>) {
  const call = <Answer>(signal: AbortSignal, start: Start) => ask(signal, start) as Promise<Answer>;
  return {
    account: (signal: AbortSignal) =>
      call<{ account_id: string; account_name: string; role?: string }>(signal, ({ root }) =>
        root.getRoot({ fields: ['account_id', 'account_name', 'role'] }),
      ),
    lists: (part: Part, signal: AbortSignal) =>
      call<{ lists: readonly { id: string; name: string; stats?: { member_count?: number } }[]; total_items: number }>(
        signal,
        ({ lists }) =>
          lists.getAllLists({
            ...part,
            fields: ['lists.id', 'lists.name', 'lists.stats.member_count', 'total_items'],
          }),
      ),
    segments: (list: string, part: Part, signal: AbortSignal) =>
      call<{ segments: readonly { id: number; name: string; member_count?: number }[]; total_items: number }>(
        signal,
        ({ lists }) =>
          lists.listSegments(list, {
            ...part,
            fields: ['segments.id', 'segments.name', 'segments.member_count', 'total_items'],
          }),
      ),
    members: (list: string, part: MembersPart, signal: AbortSignal) =>
      call<MembersPage>(signal, ({ lists }) =>
        lists.getListMembersInfo(list, {
          ...membersOf(part),
          ...{ sortField: 'timestamp_opt', sortDir: 'ASC' },
          ...(part.sinceLastChanged !== undefined && { sinceLastChanged: part.sinceLastChanged }),
          ...(part.status !== undefined && { status: part.status }),
        }),
      ),
    segmentMembers: (list: string, segment: string, part: Part, signal: AbortSignal) =>
      call<MembersPage>(signal, ({ lists }) => lists.getSegmentMembersList(list, segment, membersOf(part))),
    member: (list: string, hash: string, signal: AbortSignal) =>
      call<Member>(signal, ({ lists }) => lists.getListMember(list, hash, { fields: MEMBER })),
    archiveMember: (list: string, hash: string, signal: AbortSignal) =>
      call<null>(signal, ({ lists }) => lists.deleteListMember(list, hash)),
    updateMembers: (list: string, members: readonly object[], signal: AbortSignal) =>
      call<BatchAnswer>(signal, ({ lists }) =>
        lists.batchListMembers(list, { members, update_existing: true }, { skipMergeValidation: true }),
      ),
    mergeFields: (list: string, part: Part, signal: AbortSignal) =>
      call<{ merge_fields: readonly MergeField[]; total_items: number }>(signal, ({ lists }) =>
        lists.getListMergeFields(list, {
          ...part,
          fields: ['merge_fields.tag', 'merge_fields.name', 'merge_fields.type', 'total_items'],
        }),
      ),
    addMergeField: (list: string, field: object, signal: AbortSignal) =>
      call<MergeField>(signal, ({ lists }) => lists.addListMergeField(list, field)),
    webhooks: (list: string, signal: AbortSignal) =>
      call<{ webhooks: readonly Webhook[] }>(signal, ({ lists }) => lists.getListWebhooks(list)),
    addWebhook: (list: string, webhook: WebhookOrder, signal: AbortSignal) =>
      call<Webhook>(signal, ({ lists }) => lists.createListWebhook(list, webhook)),
    removeWebhook: (list: string, webhook: string, signal: AbortSignal) =>
      call<null>(signal, ({ lists }) => lists.deleteListWebhook(list, webhook)),
    scheduled: (part: Part, signal: AbortSignal) =>
      call<{ campaigns: readonly Campaign[]; total_items: number }>(signal, ({ campaigns }) =>
        campaigns.list({
          ...part,
          status: 'schedule',
          fields: [...CAMPAIGN.map((field) => `campaigns.${field}`), 'total_items'],
        }),
      ),
    campaign: (id: string, signal: AbortSignal) =>
      call<Campaign>(signal, ({ campaigns }) => campaigns.get(id, { fields: CAMPAIGN })),
    content: (campaign: string, signal: AbortSignal) =>
      call<Content>(signal, ({ campaigns }) => campaigns.getContent(campaign, { fields: ['html', 'plain_text'] })),
    shown: (campaign: string, signal: AbortSignal) =>
      call<Shown>(signal, ({ campaigns }) =>
        campaigns.getContent(campaign, { fields: ['html', 'archive_html', 'variate_contents.html'] }),
      ),
    setContent: (campaign: string, content: ContentOrder, signal: AbortSignal) =>
      call<Content>(signal, ({ campaigns }) => campaigns.setContent(campaign, content)),
    sections: (template: number, signal: AbortSignal) =>
      call<{ sections?: Readonly<Record<string, unknown>> }>(signal, ({ templates }) =>
        templates.getDefaultContentForTemplate(String(template), { fields: ['sections'] }),
      ),
  };
}

const CAMPAIGN = ['id', 'type', 'status', 'send_time', 'content_type', 'recipients', 'settings', 'variate_settings'];
