import { fillAs } from '../platforms.ts';

/** A profile as Klaviyo keeps it. Times in ms. */
export type Profile = {
  readonly id: string;
  email: string | null;
  first_name: string | null;
  last_name: string | null;
  organization: string | null;
  location: Record<string, string | number>;
  properties: Record<string, unknown>;
  /** `suppressed` has bounced, or was suppressed by hand. */
  marketing: 'subscribed' | 'never' | 'unsubscribed' | 'suppressed';
  /** Lists it has unsubscribed from. */
  leftLists: string[];
  created: number;
  updated: number;
};

/** What of a new profile is given; an id, times and the rest are made. */
export type ProfileDraft = Partial<Omit<Profile, 'id' | 'created' | 'updated'>> & { readonly updated?: number };

/** A list or segment; `members` has the time each one joined. */
export type Group = {
  readonly id: string;
  readonly kind: 'list' | 'segment';
  readonly name: string;
  readonly created: number;
  readonly members: Map<string, number>;
};

export type EditorType = 'CODE' | 'USER_DRAGGABLE' | 'SYSTEM_DRAGGABLE' | 'SIMPLE';

export type Template = {
  readonly id: string;
  readonly name: string;
  readonly editor_type: EditorType;
  html: string;
  definition: Record<string, unknown> | null;
  /** A campaign's or a flow's own: not in the library. */
  readonly owner: 'library' | 'campaign' | 'flow';
  created: number;
  updated: number;
};

export type UniversalContent = {
  readonly id: string;
  readonly name: string;
  definition: Record<string, unknown>;
  readonly created: number;
  updated: number;
};

export type SendStrategy = { readonly method: string; readonly [key: string]: unknown };

export type Campaign = {
  readonly id: string;
  readonly name: string;
  status: string;
  readonly channel: 'email' | 'sms';
  readonly included: readonly string[];
  readonly excluded: readonly string[];
  readonly strategy: SendStrategy;
  readonly sendTime: number | null;
  readonly messages: { readonly id: string; template: string | null }[];
  readonly created: number;
};

/** A step of a flow; an email's template is that of its message. */
export type FlowAction = {
  readonly id: string;
  readonly type: 'send-email' | 'send-webhook' | 'time-delay';
  readonly next: string | null;
  readonly message: { readonly id: string; template: string } | null;
  readonly url: string | null;
};

export type Flow = {
  readonly id: string;
  readonly name: string;
  readonly actions: FlowAction[];
  readonly created: number;
};

export type ImportJob = {
  readonly id: string;
  status: 'queued' | 'processing' | 'complete' | 'cancelled';
  readonly total: number;
  readonly errors: { readonly id: string; readonly detail: string; readonly payload: unknown }[];
  completed: number;
  readonly created: number;
};

/** How an account is made. */
export type AccountOptions = {
  readonly apiKey?: string;
  readonly name?: string;
  /** Everything when not given. */
  readonly scopes?: readonly string[];
};

/** Another email as it went out. */
export type Sent = { readonly profile: Profile; readonly html: string };

/** One account, with what a test does to it as its owner would in Klaviyo's own pages. */
export type Account = ReturnType<typeof createAccount>;

/** Tags have other names for a place than the API. */
const PLACES = [
  ['person.City', 'city'],
  ['person.Region', 'region'],
  ['person.Country', 'country'],
  ['person.Zipcode', 'zip'],
] as const;

const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const inLetters = (value: number, length: number): string =>
  Array.from({ length }, (_, i) => LETTERS[Math.floor(value / 32 ** (length - 1 - i)) % 32]).join('');

// Later ones get greater ids, as theirs do.
let made = 0;
const next = (prefix: string, length: number): string => prefix + inLetters(++made, length - prefix.length);

export function createAccount({ apiKey, name = 'A shop', scopes }: AccountOptions = {}) {
  const id = next('A', 6);
  const profiles = new Map<string, Profile>();
  const groups = new Map<string, Group>();
  const templates = new Map<string, Template>();
  const universal = new Map<string, UniversalContent>();
  const campaigns = new Map<string, Campaign>();
  const flows = new Map<string, Flow>();
  const jobs = new Map<string, ImportJob>();
  let allowed: ReadonlySet<string> | null = scopes ? new Set(scopes) : null;
  let version = 0;
  let clock = 0;
  const orders = new Map<string, readonly Row[]>();
  let orderedAt = 0;

  /** Ever later, by a microsecond at least, so that an order by time is one. */
  const now = (): number => {
    clock = Math.max(clock + 0.001, Date.now());
    return clock;
  };

  /** Profiles with the value they are ordered by; sorted once for as long as nothing changes. */
  function ordered(key: string, rows: () => Row[]): readonly Row[] {
    if (orderedAt !== version) orders.clear();
    orderedAt = version;
    const kept = orders.get(key);
    if (kept) return kept;
    const sorted = rows().sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1));
    orders.set(key, sorted);
    return sorted;
  }

  function addProfile(draft: ProfileDraft = {}): Profile {
    const at = draft.updated ?? now();
    const profile: Profile = {
      id: next('01KF', 26),
      email: null,
      first_name: null,
      last_name: null,
      organization: null,
      location: {},
      properties: {},
      marketing: 'subscribed',
      leftLists: [],
      ...draft,
      created: at,
      updated: at,
    };
    profiles.set(profile.id, profile);
    version++;
    return profile;
  }

  function addGroup(kind: Group['kind'], title: string, members: Iterable<Profile> = []): Group {
    const group: Group = {
      id: next(kind === 'list' ? 'L' : 'S', 6),
      kind,
      name: title,
      created: now(),
      members: new Map(),
    };
    for (const profile of members) group.members.set(profile.id, now());
    groups.set(group.id, group);
    version++;
    return group;
  }

  function addTemplate(draft: Pick<Template, 'editor_type'> & Partial<Template>): Template {
    const at = now();
    const template: Template = {
      id: next('T', 6),
      name: 'A template',
      html: '',
      definition: null,
      owner: 'library',
      created: at,
      updated: at,
      ...draft,
    };
    templates.set(template.id, template);
    return template;
  }

  const templateOf = (template: string): Template => templates.get(template) ?? missing('template', template);

  /** What an email's tags are filled from. */
  const valuesOf = (profile: Profile, event: Readonly<Record<string, unknown>> = {}): Record<string, string> => {
    const values: Record<string, string> = {};
    const put = (key: string, value: unknown) => {
      if (value !== null && value !== undefined)
        values[key] = typeof value === 'object' ? JSON.stringify(value) : String(value);
    };
    for (const [key, value] of Object.entries(profile.properties)) put(key, value);
    for (const key of ['email', 'first_name', 'last_name', 'organization'] as const) put(key, profile[key]);
    for (const [tag, name] of PLACES) put(tag, profile.location[name]);
    const putEvent = (path: string, value: unknown) => {
      put(path, value);
      if (value && typeof value === 'object')
        for (const [key, inner] of Object.entries(value)) putEvent(`${path}.${key}`, inner);
    };
    for (const [key, value] of Object.entries(event)) putEvent(`event.${key}`, value);
    return values;
  };

  return {
    id,
    name,
    apiKey: apiKey ?? `pk_${id}_${inLetters(made * 7919, 28).toLowerCase()}`,
    /** What its key may do; null for everything. */
    scopes: () => allowed,
    limitTo(names: readonly string[]): void {
      allowed = new Set(names);
    },
    profiles,
    groups,
    templates,
    universal,
    campaigns,
    flows,
    jobs,
    now,
    ordered,
    addProfile,
    addTemplate,
    addList: (title: string, members?: Iterable<Profile>) => addGroup('list', title, members),
    addSegment: (title: string, members?: Iterable<Profile>) => addGroup('segment', title, members),

    /** Changes a profile as somebody in the account would. "Writing a property bumps `updated`". */
    changeProfile(profileId: string, change: ProfileDraft): Profile {
      const profile = profiles.get(profileId) ?? missing('profile', profileId);
      Object.assign(profile, change, { properties: { ...profile.properties, ...change.properties }, updated: now() });
      version++;
      return profile;
    },
    removeProfile(profileId: string): void {
      profiles.delete(profileId);
      for (const group of groups.values()) group.members.delete(profileId);
      version++;
    },
    join(group: Group, profile: Profile): void {
      group.members.set(profile.id, now());
      version++;
    },
    leave(group: Group, profile: Profile): void {
      group.members.delete(profile.id);
      version++;
    },
    addUniversalContent(definition: Record<string, unknown>): UniversalContent {
      const at = now();
      const content = { id: next('01UC', 26), name: 'Universal content', definition, created: at, updated: at };
      universal.set(content.id, content);
      return content;
    },

    /** A campaign with one email per template, each a clone of it: "Assigning a template to a message makes a clone". */
    addCampaign(
      draft: Partial<Omit<Campaign, 'id' | 'messages'>> & { readonly templates?: readonly Template[] },
    ): Campaign {
      const { templates: sources = [], ...rest } = draft;
      const campaign: Campaign = {
        name: 'A campaign',
        status: 'Draft',
        channel: 'email',
        included: [],
        excluded: [],
        strategy: { method: 'immediate' },
        sendTime: null,
        created: now(),
        ...rest,
        id: next('01CA', 26),
        messages: sources.map((template) => ({
          id: next('01CM', 26),
          template: addTemplate({ ...template, id: next('T', 6), owner: 'campaign' }).id,
        })),
      };
      campaigns.set(campaign.id, campaign);
      return campaign;
    },

    /** A flow whose steps follow each other in the order given. */
    addFlow(
      title: string,
      steps: readonly ({ readonly email: Template } | { readonly webhook: string } | { readonly delay: true })[],
    ): Flow {
      const ids = steps.map(() => next('1', 8));
      const flow: Flow = {
        id: next('F', 6),
        name: title,
        created: now(),
        actions: steps.map((step, i) => ({
          id: ids[i] ?? '',
          type: 'email' in step ? 'send-email' : 'webhook' in step ? 'send-webhook' : 'time-delay',
          next: ids[i + 1] ?? null,
          message:
            'email' in step
              ? { id: next('M', 6), template: addTemplate({ ...step.email, id: next('T', 6), owner: 'flow' }).id }
              : null,
          url: 'webhook' in step ? step.webhook : null,
        })),
      };
      flows.set(flow.id, flow);
      return flow;
    },

    /** Sends a campaign: what each member of its audiences gets. Who may not be mailed gets nothing. */
    send(campaign: Campaign): Sent[] {
      const template = templateOf(campaign.messages[0]?.template ?? '');
      const membersOf = (ids: readonly string[]) =>
        new Set(ids.flatMap((group) => [...(groups.get(group)?.members.keys() ?? [])]));
      const excluded = membersOf(campaign.excluded);
      campaign.status = 'Sent';
      return [...membersOf(campaign.included)]
        .filter((profile) => !excluded.has(profile))
        .flatMap((profileId) => {
          const profile = profiles.get(profileId);
          if (!profile || profile.marketing === 'unsubscribed' || profile.marketing === 'suppressed') return [];
          return [{ profile, html: fillAs('klaviyo', mailOf(template), valuesOf(profile)) }];
        });
    },

    /** One email of a flow for a profile that has entered it with an event. */
    sendFlow(messageId: string, profile: Profile, event: Readonly<Record<string, unknown>>): string {
      for (const { actions } of flows.values())
        for (const { message } of actions)
          if (message?.id === messageId)
            return fillAs('klaviyo', mailOf(templateOf(message.template)), valuesOf(profile, event));
      return missing('flow message', messageId);
    },
  };
}

/** What is sorted: a profile and its place in the order. */
export type Row = { readonly id: string; readonly at: number | string };

function missing(what: string, id: string): never {
  throw new Error(`The fake account has no ${what} ${id}.`);
}

/** The HTML of an email; of a drag-and-drop template its image and HTML blocks, as Klaviyo's own renderer writes them. */
function mailOf({ html, definition }: Template): string {
  if (!definition) return html;
  const escapeHtml = (text: unknown): string =>
    String(text ?? '')
      .replaceAll('&', '&amp;')
      .replaceAll('"', '&quot;');
  const parts: string[] = [];
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) for (const each of node) walk(each);
    else if (node && typeof node === 'object') {
      const { type, data } = node as {
        type?: unknown;
        data?: { content?: unknown; properties?: Record<string, unknown> };
      };
      if (type === 'html' || type === 'text') parts.push(String(data?.content ?? ''));
      else if (type === 'image') {
        const { src, alt_text, href } = data?.properties ?? {};
        const image = `<img src="${escapeHtml(src)}" alt="${escapeHtml(alt_text)}">`;
        parts.push(href ? `<a href="${escapeHtml(href)}">${image}</a>` : image);
      } else for (const each of Object.values(node)) walk(each);
    }
  };
  walk(definition.body);
  return `<html><body>${parts.join('\n')}</body></html>`;
}
