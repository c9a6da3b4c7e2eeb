import type { Account, Group, ImportJob, Profile, Row } from './account.ts';
import { invalid, notFound, Refusal } from './answers.ts';
import { type Condition, fulfils, parseFilter } from './filter.ts';
import { type Ask, byId, iso, listed, pageOf, pageSize, type Route, resource } from './route.ts';

/** How import jobs go. */
export type Imports = {
  /** From being queued to being done. */
  ms: number;
  /** Nothing gets done for as long as this is so. */
  isHeld: boolean;
  /** Why a profile is not taken, if so. */
  refuse: (profile: { readonly id?: string; readonly attributes?: object }) => string | undefined;
};

const OWN = ['email', 'first_name', 'last_name', 'organization'] as const;
const NEVER_SET = ['phone_number', 'external_id', 'locale', 'title', 'image', 'last_event_date'] as const;
const LOCATION = [
  'address1',
  'address2',
  'city',
  'country',
  'latitude',
  'longitude',
  'region',
  'zip',
  'timezone',
  'ip',
];
const MARKETING = [
  ...['can_receive_email_marketing', 'consent', 'consent_timestamp', 'last_updated', 'method', 'method_detail'],
  ...['custom_method_detail', 'double_optin', 'suppression', 'list_suppressions'],
].map((name) => `subscriptions.email.marketing.${name}`);
/** "There is no endpoint that lists custom profile properties", and none of them can be asked for by its name. */
const FIELDS = [
  ...OWN,
  ...NEVER_SET,
  ...['created', 'updated', 'id', 'properties', 'location', ...LOCATION.map((name) => `location.${name}`)],
  ...['subscriptions', 'subscriptions.email', 'subscriptions.email.marketing', ...MARKETING],
];
const PROFILE_BYTES = 100 * 1024;
const JOB_BYTES = 5 * 1024 * 1024;
const JOB_PROFILES = 10_000;

const subscriptionsOf = ({ marketing, leftLists, updated }: Profile) => {
  const isSuppressed = marketing === 'unsubscribed' || marketing === 'suppressed';
  const timestamp = iso(updated);
  return {
    email: {
      marketing: {
        can_receive_email_marketing: !isSuppressed,
        consent: {
          subscribed: 'SUBSCRIBED',
          never: 'NEVER_SUBSCRIBED',
          unsubscribed: 'UNSUBSCRIBED',
          suppressed: 'SUBSCRIBED',
        }[marketing],
        consent_timestamp: marketing === 'never' ? null : timestamp,
        last_updated: null,
        method: null,
        method_detail: null,
        custom_method_detail: null,
        double_optin: false,
        suppression: isSuppressed
          ? [{ reason: marketing === 'unsubscribed' ? 'UNSUBSCRIBE' : 'HARD_BOUNCE', timestamp }]
          : [],
        list_suppressions: leftLists.map((list_id) => ({ list_id, reason: 'USER_SUPPRESSED', timestamp })),
      },
    },
  };
};

const fieldsOf = ({ query }: Ask, more: object) => listed(query, 'fields[profile]', [...FIELDS, ...Object.keys(more)]);
const additionalOf = ({ query }: Ask) =>
  listed(query, 'additional-fields[profile]', ['subscriptions', 'predictive_analytics']) ?? [];

function profileResource(ask: Ask, profile: Profile, more: object = {}) {
  const fields = fieldsOf(ask, more);
  const additional = additionalOf(ask);
  const wants = (name: string) => !fields || fields.includes(name);
  const attributes: Record<string, unknown> = {};
  for (const name of OWN) if (wants(name)) attributes[name] = profile[name];
  for (const name of NEVER_SET) if (wants(name)) attributes[name] = null;
  if (wants('created')) attributes.created = iso(profile.created);
  if (wants('updated')) attributes.updated = iso(profile.updated);
  for (const [name, value] of Object.entries(more)) if (wants(name)) attributes[name] = value;
  const places = LOCATION.filter((name) => wants('location') || wants(`location.${name}`));
  if (places.length > 0)
    attributes.location = Object.fromEntries(
      places
        // The description has no null for these two.
        .filter((name) => !/tude$/.test(name) || profile.location[name] !== undefined)
        .map((name) => [name, profile.location[name] ?? null]),
    );
  if (wants('properties')) attributes.properties = profile.properties;
  if (additional.includes('subscriptions') && (!fields || fields.some((name) => name.startsWith('subscriptions'))))
    attributes.subscriptions = subscriptionsOf(profile);
  return resource(ask, 'profile', profile.id, attributes);
}

const isKept = (conditions: readonly Condition[], profile: Profile, joined?: number): boolean =>
  conditions.every((condition) => {
    const { field } = condition;
    if (field === 'joined_group_at') return fulfils(condition, joined ?? 0);
    if (field === 'created' || field === 'updated') return fulfils(condition, profile[field]);
    if (field === 'id') return fulfils(condition, profile.id);
    return fulfils(condition, profile.email ?? '');
  });

const SORTS = ['id', 'created', 'updated', 'email'] as const;
type Sort = (typeof SORTS)[number];

function sortOf(query: URLSearchParams, allowed: readonly string[], standard: string): string {
  const sort = query.get('sort') ?? standard;
  const key = sort.replace(/^-/, '');
  if (!allowed.includes(key)) throw invalid(`'${sort}' is not a valid sort for this resource.`, 'sort');
  return key;
}

function listProfiles(ask: Ask) {
  const { account, query } = ask;
  const size = pageSize(query, 20, 100);
  fieldsOf(ask, {});
  const conditions = parseFilter(query.get('filter') ?? '', {
    id: ['any', 'equals'],
    email: ['any', 'equals'],
    created: ['greater-than', 'less-than'],
    // No "greater-or-equal" here, unlike on a list's members.
    updated: ['greater-than', 'less-than'],
  });
  const sort = sortOf(query, SORTS, 'id') as Sort;
  let rows = account.ordered(sort, () =>
    [...account.profiles.values()].map((profile) => ({ id: profile.id, at: profile[sort] ?? '' })),
  );
  if (conditions.length > 0)
    rows = account.ordered(`${sort} ${query.get('filter')}`, () =>
      rows.filter(({ id }) => isKept(conditions, account.profiles.get(id) as Profile)).slice(),
    );
  const page = pageOf(ask, rows, size);
  return {
    status: 200,
    body: {
      data: page.rows.map(({ id }) => profileResource(ask, account.profiles.get(id) as Profile)),
      links: page.links,
    },
  };
}

function groupOf(account: Account, kind: Group['kind'], id: string): Group {
  const group = account.groups.get(id);
  if (group?.kind !== kind) throw notFound(kind, id);
  return group;
}

const members = (kind: Group['kind']) => (ask: Ask) => {
  const { account, query, id } = ask;
  const group = groupOf(account, kind, id);
  const size = pageSize(query, 20, 100);
  fieldsOf(ask, { joined_group_at: '' });
  // "members of a list or segment filter by `joined_group_at`, not by `updated`"
  const conditions = parseFilter(query.get('filter') ?? '', {
    email: ['any', 'equals'],
    joined_group_at: ['greater-or-equal', 'greater-than', 'less-or-equal', 'less-than'],
  });
  sortOf(query, ['joined_group_at'], 'joined_group_at');
  const rows: readonly Row[] = account.ordered(`${id} ${query.get('filter')}`, () =>
    [...group.members]
      .filter(([profile, joined]) => isKept(conditions, account.profiles.get(profile) as Profile, joined))
      .map(([profile, at]) => ({ id: profile, at })),
  );
  const page = pageOf(ask, rows, size);
  return {
    status: 200,
    body: {
      data: page.rows.map((row) =>
        profileResource(ask, account.profiles.get(row.id) as Profile, { joined_group_at: iso(Number(row.at)) }),
      ),
      links: page.links,
    },
  };
};

// "lists, segments, templates **10** per page"
const groups = (kind: Group['kind']) => (ask: Ask) => {
  const page = pageOf(
    ask,
    byId([...ask.account.groups.values()].filter((group) => group.kind === kind)),
    pageSize(ask.query, 10, 10),
  );
  return {
    status: 200,
    body: {
      data: page.rows.map(({ item }) =>
        resource(ask, kind, item.id, {
          name: item.name,
          created: iso(item.created),
          updated: iso(item.created),
          ...(kind === 'list'
            ? { opt_in_process: 'single_opt_in' }
            : { is_active: true, is_processing: false, is_starred: false }),
        }),
      ),
      links: page.links,
    },
  };
};

function changeProfile(ask: Ask) {
  const { account, id, body, size } = ask;
  if (!account.profiles.has(id)) throw notFound('profile', id);
  if (size > PROFILE_BYTES) throw new Refusal(413, 'payload_too_large', 'Payload too large.', 'At most 100KB.');
  const { attributes = {} } = (body as { data: { attributes?: { properties?: object } } }).data;
  return { status: 200, body: { data: profileResource(ask, applyAttributes(account, id, attributes)) } };
}

/** "use `properties: {key: null}`" to take a property away. */
function applyAttributes(account: Account, id: string, attributes: object): Profile {
  const profile = account.changeProfile(id, attributes);
  for (const [key, value] of Object.entries(profile.properties)) if (value === null) delete profile.properties[key];
  return profile;
}

const jobResource = (ask: Ask, job: ImportJob) =>
  resource(ask, 'profile-bulk-import-job', job.id, {
    status: job.status,
    created_at: iso(job.created),
    total_count: job.total,
    completed_count: job.completed,
    failed_count: job.errors.length,
    started_at: job.status === 'queued' ? null : iso(job.created),
    completed_at: job.status === 'complete' ? iso(job.created) : null,
    expires_at: iso(job.created + 7 * 86_400_000),
  });

type Imported = { readonly id?: string; readonly attributes?: { readonly email?: string } };

const startImport = (imports: Imports) => (ask: Ask) => {
  const { account, body, size } = ask;
  // "bulk import job 10,000 profiles and 5 MB"
  if (size > JOB_BYTES) throw new Refusal(413, 'payload_too_large', 'Payload too large.', 'The maximum is 5MB.');
  const entries = (body as { data?: { attributes?: { profiles?: { data?: Imported[] } } } }).data?.attributes?.profiles
    ?.data;
  if (!Array.isArray(entries) || entries.length === 0) throw invalid('At least one profile is required.');
  if (entries.length > JOB_PROFILES) throw invalid('At most 10000 profiles are allowed.');
  const job: ImportJob = {
    id: Buffer.from(`${account.id}:${account.jobs.size + 1}`).toString('base64url'),
    status: 'queued',
    total: entries.length,
    errors: [],
    completed: 0,
    created: account.now(),
  };
  account.jobs.set(job.id, job);
  // "poll its status and its import errors": nothing is written before it is done.
  setTimeout(() => {
    if (job.status === 'queued') job.status = 'processing';
  }, imports.ms / 2).unref();
  const finish = () => {
    if (imports.isHeld) {
      setTimeout(finish, 10).unref();
      return;
    }
    if (job.status === 'cancelled') return;
    entries.forEach((entry, i) => {
      const known =
        entry.id ?? [...account.profiles.values()].find(({ email }) => email === entry.attributes?.email)?.id;
      const detail =
        imports.refuse(entry) ??
        (Buffer.byteLength(JSON.stringify(entry)) > PROFILE_BYTES ? 'The profile is larger than 100KB.' : undefined) ??
        (entry.id && !account.profiles.has(entry.id) ? 'A profile with this id does not exist.' : undefined);
      if (detail) job.errors.push({ id: `${job.id}-${String(i).padStart(5, '0')}`, detail, payload: entry });
      else {
        // An upsert: whoever is not known by id or address is made.
        const target = known ?? account.addProfile().id;
        applyAttributes(account, target, entry.attributes ?? {});
        job.completed++;
      }
    });
    job.status = 'complete';
  };
  setTimeout(finish, imports.ms).unref();
  return { status: 202, body: { data: jobResource(ask, job) } };
};

const jobOf = ({ account, id }: Ask): ImportJob => {
  const job = account.jobs.get(id);
  if (!job) throw notFound('profile-bulk-import-job', id);
  return job;
};

function importErrors(ask: Ask) {
  const job = jobOf(ask);
  const page = pageOf(ask, byId(job.errors), pageSize(ask.query, 20, 100));
  return {
    status: 200,
    body: {
      data: page.rows.map(({ item }) => ({
        type: 'import-error',
        id: item.id,
        attributes: {
          code: 'invalid',
          title: 'Invalid input.',
          detail: item.detail,
          source: { pointer: '/data/attributes/profiles' },
          original_payload: item.payload,
        },
        links: { self: `${ask.origin}/api/import-errors/${item.id}/` },
      })),
      links: page.links,
    },
  };
}

export const profileRoutes = (imports: Imports): Route[] => [
  {
    method: 'GET',
    path: /^\/api\/profiles\/?$/,
    name: 'profiles',
    scopes: ['profiles:read'],
    limit: 'L',
    answer: listProfiles,
  },
  {
    method: 'GET',
    path: /^\/api\/profiles\/([^/]+)\/?$/,
    name: 'profile',
    scopes: ['profiles:read'],
    limit: 'L',
    answer(ask) {
      const profile = ask.account.profiles.get(ask.id);
      if (!profile) throw notFound('profile', ask.id);
      return { status: 200, body: { data: profileResource(ask, profile) } };
    },
  },
  {
    method: 'PATCH',
    path: /^\/api\/profiles\/([^/]+)\/?$/,
    name: 'change profile',
    scopes: ['profiles:write'],
    limit: 'L',
    answer: changeProfile,
  },
  {
    method: 'GET',
    path: /^\/api\/lists\/?$/,
    name: 'lists',
    scopes: ['lists:read'],
    limit: 'L',
    answer: groups('list'),
  },
  {
    method: 'GET',
    path: /^\/api\/segments\/?$/,
    name: 'segments',
    scopes: ['segments:read'],
    limit: 'L',
    answer: groups('segment'),
  },
  {
    method: 'GET',
    path: /^\/api\/lists\/([^/]+)\/profiles\/?$/,
    name: 'members',
    scopes: ['lists:read', 'profiles:read'],
    limit: 'L',
    answer: members('list'),
  },
  {
    method: 'GET',
    path: /^\/api\/segments\/([^/]+)\/profiles\/?$/,
    name: 'members',
    scopes: ['segments:read', 'profiles:read'],
    limit: 'L',
    answer: members('segment'),
  },
  {
    method: 'POST',
    path: /^\/api\/profile-bulk-import-jobs\/?$/,
    name: 'import',
    scopes: ['lists:write', 'profiles:write'],
    limit: 'M',
    answer: startImport(imports),
  },
  {
    method: 'GET',
    path: /^\/api\/profile-bulk-import-jobs\/([^/]+)\/?$/,
    name: 'import job',
    scopes: ['lists:read', 'profiles:read'],
    limit: 'M',
    answer: (ask) => ({ status: 200, body: { data: jobResource(ask, jobOf(ask)) } }),
  },
  {
    method: 'GET',
    path: /^\/api\/profile-bulk-import-jobs\/([^/]+)\/import-errors\/?$/,
    name: 'import errors',
    scopes: ['profiles:read'],
    limit: 'M',
    answer: importErrors,
  },
];
