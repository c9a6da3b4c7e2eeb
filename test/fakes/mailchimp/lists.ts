import {
  addMember,
  addMergeField,
  type FakeAccount,
  type FakeList,
  type FakeMember,
  type FakeWebhook,
  memberId,
  orderMembers,
} from './account.ts';
import { type FakeAnswer, type FakeRequest, iso, notFound, ok, pageOf, problem } from './answer.ts';

/** What nobody has documented, so that both answers have to do. */
export type Unknowns = {
  /** Whether a member of a bulk call that is not in the audience and comes without a status is refused or added. */
  readonly strangers: 'refused' | 'added';
  /** Whether the content of a campaign still has the `mc:edit` of its template. */
  readonly marks: 'kept' | 'dropped';
  /** Whether a new webhook is told a secret that its calls are signed with. */
  readonly signatures: 'told' | 'none';
};

type Handler = (
  account: FakeAccount,
  request: FakeRequest,
  parts: readonly string[],
  unknowns: Unknowns,
) => FakeAnswer | Promise<FakeAnswer>;

/** Handlers by method and route; `parts` are what stands at the braces. */
export type Routes = Readonly<Record<string, Handler>>;

const withList =
  (
    work: (
      list: FakeList,
      request: FakeRequest,
      parts: readonly string[],
      account: FakeAccount,
      unknowns: Unknowns,
    ) => FakeAnswer | Promise<FakeAnswer>,
  ): Handler =>
  (account, request, parts, unknowns) => {
    const list = account.lists.get(parts[0] ?? '');
    return list ? work(list, request, parts, account, unknowns) : notFound();
  };

/** Collections are answered with their name, the page and the number of all. */
function collection<Row>(
  { query }: FakeRequest,
  name: string,
  rows: readonly Row[],
  write: (row: Row) => object,
  more: object = {},
): FakeAnswer {
  const found = pageOf(query, rows);
  return 'refused' in found ? found.refused : ok({ [name]: found.page.map(write), ...more, total_items: rows.length });
}

const writeList = (list: FakeList) => ({
  id: list.id,
  web_id: 1,
  name: list.name,
  date_created: iso(Date.UTC(2026, 0, 1)),
  stats: { member_count: [...list.members.values()].filter(({ status }) => status === 'subscribed').length },
});

/** All fields of the audience, empty ones too. */
const writeMember = (list: FakeList, member: FakeMember) => ({
  id: member.id,
  email_address: member.email,
  unique_email_id: member.id.slice(0, 10),
  email_type: 'html',
  status: member.status,
  merge_fields: Object.fromEntries(list.mergeFields.map(({ tag }) => [tag, member.fields[tag] ?? ''])),
  timestamp_signup: '',
  timestamp_opt: iso(member.optAt),
  last_changed: iso(member.changedAt),
  list_id: list.id,
});

/** Archived members are only told when they are asked for. */
function findMembers(list: FakeList, query: URLSearchParams): FakeMember[] {
  const status = query.get('status');
  const since = Date.parse(query.get('since_last_changed') ?? '1970-01-01T00:00:00Z');
  const before = Date.parse(query.get('before_last_changed') ?? '9999-01-01T00:00:00Z');
  const found = orderMembers(list).filter((member) => {
    const changed = Math.floor(member.changedAt / 1000) * 1000;
    return (
      (status === null ? member.status !== 'archived' : member.status === status) && changed > since && changed < before
    );
  });
  if (query.get('sort_field') === 'last_changed') found.sort((a, b) => a.changedAt - b.changedAt);
  return query.get('sort_dir') === 'DESC' ? found.reverse() : found;
}

/** "text is cut at 255 bytes": a character that does not fit is left out whole. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  let end = Math.min(255, bytes.length);
  while (end < bytes.length && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end).toString();
}

const isReachable = async (url: string): Promise<boolean> => {
  if (!/^https?:\/\//.test(url)) return false;
  const answer = await fetch(url, { signal: AbortSignal.timeout(3000) }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok ?? false;
};

/** One sentence where the values cannot be kept, else they are. Tags that the audience does not have are let go. */
async function keepFields(
  list: FakeList,
  member: FakeMember,
  given: Readonly<Record<string, unknown>>,
): Promise<string> {
  for (const { tag, type } of list.mergeFields) {
    const value = given[tag];
    if (value === undefined) continue;
    // "imageurl must be valid and reachable when written"
    if (type === 'imageurl' && value !== '' && !(await isReachable(String(value))))
      return `Your merge fields were invalid: ${tag} is not a valid image URL.`;
    member.fields[tag] = type === 'text' ? cut(String(value)) : value;
  }
  member.changedAt = Date.now();
  return '';
}

type Given = {
  readonly email_address?: string;
  readonly status?: FakeMember['status'];
  readonly merge_fields?: object;
};

async function keepMembers(list: FakeList, { body, query }: FakeRequest, { strangers }: Unknowns): Promise<FakeAnswer> {
  const { members, update_existing } = JSON.parse(body) as { members: readonly Given[]; update_existing?: boolean };
  // "`POST /lists/{id}` takes 500 members"
  if (members.length > 500) return problem(400, 'Invalid Resource', 'Only 500 members may be given at a time.');
  const added: FakeMember[] = [];
  const updated: FakeMember[] = [];
  const errors: object[] = [];
  const required = list.mergeFields.filter((field) => field.required);
  const isChecked = query.get('skip_merge_validation') !== 'true';
  for (const { email_address = '', status, merge_fields = {} } of members) {
    const refuse = (error: string) =>
      errors.push({ email_address, error, error_code: 'ERROR_GENERIC', field: '', field_message: '' });
    const known = list.members.get(memberId(email_address));
    if (known && update_existing !== true) refuse(`${email_address} is already a list member, do you want to update?`);
    else if (!known && status === undefined && strangers === 'refused')
      refuse('The status of a new member is required.');
    else if (isChecked && required.some(({ tag }) => !(merge_fields as Record<string, unknown>)[tag]))
      refuse('Your merge fields were invalid.');
    else {
      const member = known ?? addMember(list, email_address, {}, { status: status ?? 'subscribed', at: Date.now() });
      const fault = await keepFields(list, member, merge_fields as Record<string, unknown>);
      if (fault !== '') {
        refuse(fault);
        continue;
      }
      if (status !== undefined) member.status = status;
      (known ? updated : added).push(member);
    }
  }
  return ok({
    new_members: added.map((member) => writeMember(list, member)),
    updated_members: updated.map((member) => writeMember(list, member)),
    errors,
    total_created: added.length,
    total_updated: updated.length,
    error_count: errors.length,
  });
}

const FIELD_TYPES = 'text number address phone date url imageurl radio dropdown birthday zip'.split(
  ' ',
) satisfies readonly string[];

const writeField = (list: FakeList) => (field: FakeList['mergeFields'][number]) => ({
  ...field,
  display_order: field.merge_id,
  options: {},
  help_text: '',
  list_id: list.id,
});

const routesOfFields = {
  'GET /lists/{}/merge-fields': withList((list, request) =>
    collection(request, 'merge_fields', list.mergeFields, writeField(list), { list_id: list.id }),
  ),
  'POST /lists/{}/merge-fields': withList((list, { body }, _parts, account) => {
    const { tag, name = '', type = '', ...more } = JSON.parse(body) as Record<string, string | undefined>;
    const given = tag ?? `MMERGE${list.mergeFields.length + 1}`;
    if (!FIELD_TYPES.includes(type) || name === '')
      return problem(400, 'Invalid Resource', 'The resource submitted could not be validated.');
    // "tags 10 characters [?]"
    if (given.length > 10) return problem(400, 'Invalid Resource', 'A merge tag has at most 10 characters.');
    if (list.mergeFields.some((field) => field.tag === given))
      return problem(400, 'Bad Request', `A Merge Field with the tag "${given}" already exists for this list.`);
    // "30 fields (80 on Premium) [3]"
    if (list.mergeFields.length >= account.mostFields)
      return problem(400, 'Bad Request', `This list has reached the limit of ${account.mostFields} merge fields.`);
    const field = addMergeField(list, given, name, type, {
      defaultValue: more.default_value ?? '',
      isPublic: (more.public as unknown) === true,
    });
    return ok(writeField(list)(field));
  }),
} satisfies Routes;

const writeHook =
  (list: FakeList) =>
  ({ secret: _, ...hook }: FakeWebhook) => ({ ...hook, list_id: list.id });

const routesOfWebhooks = {
  'GET /lists/{}/webhooks': withList((list) =>
    ok({ webhooks: list.webhooks.map(writeHook(list)), list_id: list.id, total_items: list.webhooks.length }),
  ),
  'POST /lists/{}/webhooks': withList(async (list, { body }, _parts, _account, { signatures }) => {
    const given = JSON.parse(body) as { url: string; events?: object; sources?: object };
    // It looks whether somebody answers before it keeps the address.
    const answer = await fetch(given.url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (!answer?.ok || list.webhooks.some(({ url }) => url === given.url))
      return problem(400, 'Invalid Resource', 'We could not validate this webhook URL.');
    const hook = {
      id: memberId(`${given.url} ${list.webhooks.length}`).slice(0, 10),
      url: given.url,
      events: { ...given.events },
      sources: { ...given.sources },
      ...(signatures === 'told' && { secret: memberId(`secret of ${given.url} ${list.id}`) }),
    };
    list.webhooks.push(hook);
    // Only now is the secret told.
    return ok({ ...writeHook(list)(hook), ...('secret' in hook && { signing_secret: hook.secret }) });
  }),
  'PATCH /lists/{}/webhooks/{}': withList((list, { body }, [, id]) => {
    const hook = list.webhooks.find((each) => each.id === id);
    if (!hook) return notFound();
    Object.assign(hook, JSON.parse(body));
    return ok(writeHook(list)(hook));
  }),
  'DELETE /lists/{}/webhooks/{}': withList((list, _request, [, id]) => {
    const at = list.webhooks.findIndex((each) => each.id === id);
    if (at === -1) return notFound();
    list.webhooks.splice(at, 1);
    return { status: 204, body: '' };
  }),
} satisfies Routes;

/** Audiences, their members, segments, fields and webhooks. */
export const routesOfLists = {
  'GET /lists': ({ lists }, request) => collection(request, 'lists', [...lists.values()], writeList),
  'POST /lists/{}': withList((list, request, _parts, _account, unknowns) => keepMembers(list, request, unknowns)),
  'GET /lists/{}/members': withList((list, request) =>
    collection(request, 'members', findMembers(list, request.query), (member) => writeMember(list, member), {
      list_id: list.id,
    }),
  ),
  'GET /lists/{}/members/{}': withList((list, _request, [, id = '']) => {
    const member = list.members.get(id);
    return member ? ok(writeMember(list, member)) : notFound();
  }),
  // This archives; only another call deletes for good.
  'DELETE /lists/{}/members/{}': withList((list, _request, [, id = '']) => {
    const member = list.members.get(id);
    if (!member || member.status === 'archived') return notFound();
    member.status = 'archived';
    member.changedAt = Date.now();
    return { status: 204, body: '' };
  }),
  'GET /lists/{}/segments': withList((list, request) =>
    collection(
      request,
      'segments',
      list.segments,
      (segment) => ({
        id: segment.id,
        name: segment.name,
        member_count: [...list.members.values()].filter((each) => each.status === 'subscribed' && segment.has(each))
          .length,
        type: 'saved',
        list_id: list.id,
      }),
      { list_id: list.id },
    ),
  ),
  'GET /lists/{}/segments/{}/members': withList((list, request, [, id]) => {
    const segment = list.segments.find((each) => String(each.id) === id);
    if (!segment) return notFound();
    const members = orderMembers(list).filter((member) => member.status === 'subscribed' && segment.has(member));
    return collection(request, 'members', members, (member) => writeMember(list, member));
  }),
  ...routesOfFields,
  ...routesOfWebhooks,
} satisfies Routes;
