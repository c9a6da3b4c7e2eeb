import type { Account, Campaign, Flow, FlowAction, Template, UniversalContent } from './account.ts';
import { invalid, notFound, Refusal } from './answers.ts';
import { fulfils, parseFilter } from './filter.ts';
import { type Ask, byId, iso, listed, pageOf, pageSize, type Route, resource } from './route.ts';

/** What nobody has documented, or what is told in two ways. */
export type Unsure = {
  /** Whether an email of a flow can be changed by `PATCH /templates/{id}`; a customer was told that it "does not exist". */
  flowTemplatesChange: boolean;
  /** The same for a campaign's clone. */
  campaignTemplatesChange: boolean;
};

type Body<Attributes> = {
  readonly data: {
    readonly id?: string;
    readonly attributes?: Attributes;
    readonly relationships?: Record<string, { data: { id: string } }>;
  };
};

function templateResource(ask: Ask, template: Template, withDefinition: boolean) {
  const attributes = {
    name: template.name,
    editor_type: template.editor_type,
    html: template.html,
    text: '',
    amp: '',
    created: iso(template.created),
    updated: iso(template.updated),
    ...(withDefinition && template.definition && { definition: template.definition }),
  };
  const fields = listed(ask.query, 'fields[template]', ['id', 'definition', ...Object.keys(attributes)]);
  return resource(
    ask,
    'template',
    template.id,
    fields ? Object.fromEntries(Object.entries(attributes).filter(([name]) => fields.includes(name))) : attributes,
  );
}

const definitionAsked = ({ query }: Ask): boolean =>
  listed(query, 'additional-fields[template]', ['definition'])?.includes('definition') ?? false;

const templateOf = (account: Account, id: string): Template => {
  const template = account.templates.get(id);
  if (!template) throw notFound('template', id);
  return template;
};

/** Ids of parts are Klaviyo's: they are not written, and are others each time. */
function withNewIds(definition: Record<string, unknown>): Record<string, unknown> {
  let parts = 0;
  const walk = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    const inner = Object.entries(part).map(([key, value]) => [key, PARTS.includes(key) ? walk(value) : value]);
    return { id: `new${++parts}`, ...Object.fromEntries(inner) };
  };
  return walk(definition) as Record<string, unknown>;
}
const PARTS = ['body', 'sections', 'rows', 'columns', 'blocks', 'subblocks'];

const changeTemplate = (unsure: Unsure) => (ask: Ask) => {
  const { account, id, body } = ask;
  const template = templateOf(account, id);
  if (template.owner === 'flow' && !unsure.flowTemplatesChange) throw notFound('template', id);
  if (template.owner === 'campaign' && !unsure.campaignTemplatesChange) throw notFound('template', id);
  const { html, definition } =
    (body as Body<{ html?: string; definition?: Record<string, unknown> }>).data.attributes ?? {};
  // The HTML of a drag-and-drop template is made from its definition, and the other way round it is ignored.
  if (html !== undefined && template.editor_type === 'SYSTEM_DRAGGABLE')
    throw invalid('html is not allowed for SYSTEM_DRAGGABLE templates.');
  if (html !== undefined) template.html = html;
  if (definition !== undefined && template.editor_type === 'SYSTEM_DRAGGABLE')
    template.definition = withNewIds(definition);
  template.updated = account.now();
  return { status: 200, body: { data: templateResource(ask, template, definitionAsked(ask)) } };
};

function createTemplate(ask: Ask) {
  const attributes = (ask.body as Body<Pick<Template, 'name' | 'editor_type' | 'html' | 'definition'>>).data.attributes;
  if (!attributes?.name) throw invalid('name is required.');
  const template = ask.account.addTemplate(attributes);
  return { status: 201, body: { data: templateResource(ask, template, definitionAsked(ask)) } };
}

const contentResource = (ask: Ask, { id, name, definition, created, updated }: UniversalContent) => ({
  ...resource(ask, 'template-universal-content', id, {
    name,
    definition,
    created: iso(created),
    updated: iso(updated),
    screenshot_status: 'completed',
    screenshot_url: 'https://example.com/screenshot.png',
  }),
});

const contentOf = ({ account, id }: Ask): UniversalContent => {
  const content = account.universal.get(id);
  if (!content) throw notFound('universal content', id);
  return content;
};

function changeContent(ask: Ask) {
  const content = contentOf(ask);
  const { definition } = (ask.body as Body<{ definition?: Record<string, unknown> }>).data.attributes ?? {};
  if (definition) content.definition = definition;
  content.updated = ask.account.now();
  return { status: 200, body: { data: contentResource(ask, content) } };
}

const campaignResource = (ask: Ask, campaign: Campaign) =>
  resource(
    ask,
    'campaign',
    campaign.id,
    {
      name: campaign.name,
      status: campaign.status,
      archived: false,
      audiences: { included: campaign.included, excluded: campaign.excluded },
      send_options: { use_smart_sending: true },
      tracking_options: {
        add_tracking_params: true,
        custom_tracking_params: [],
        is_tracking_clicks: true,
        is_tracking_opens: true,
      },
      send_strategy: campaign.strategy,
      created_at: iso(campaign.created),
      scheduled_at: campaign.sendTime === null ? null : iso(campaign.created),
      updated_at: iso(campaign.created),
      send_time: campaign.sendTime === null ? null : iso(campaign.sendTime),
    },
    {
      'campaign-messages': {
        data: campaign.messages.map(({ id }) => ({ type: 'campaign-message', id })),
        links: { self: `${ask.origin}/self`, related: `${ask.origin}/related` },
      },
    },
  );

function campaigns(ask: Ask) {
  const { account, query } = ask;
  const times = ['greater-or-equal', 'greater-than', 'less-or-equal', 'less-than'];
  // "`send_time` cannot be filtered"
  const conditions = parseFilter(query.get('filter') ?? '', {
    id: ['any'],
    'messages.channel': ['equals'],
    name: ['contains'],
    status: ['any', 'equals'],
    archived: ['equals'],
    created_at: times,
    scheduled_at: times,
    updated_at: times,
  });
  // "the channel filter is required"
  if (!conditions.some(({ field }) => field === 'messages.channel'))
    throw invalid('A channel filter is required to list campaigns.', 'filter');
  const found = [...account.campaigns.values()].filter((campaign) =>
    conditions.every((condition) => {
      if (condition.field === 'messages.channel') return fulfils(condition, campaign.channel);
      if (condition.field === 'archived') return fulfils(condition, 'false');
      if (condition.field === 'name' || condition.field === 'status' || condition.field === 'id')
        return fulfils(condition, campaign[condition.field]);
      return fulfils(condition, campaign.created);
    }),
  );
  const page = pageOf(ask, byId(found), pageSize(query, 100, 100));
  return {
    status: 200,
    body: { data: page.rows.map(({ item }) => campaignResource(ask, item)), links: page.links },
  };
}

const campaignOf = (account: Account, id: string): Campaign => {
  const campaign = account.campaigns.get(id);
  if (!campaign) throw notFound('campaign', id);
  return campaign;
};

const messageResource = (ask: Ask, campaign: Campaign, message: Campaign['messages'][number]) =>
  resource(
    ask,
    'campaign-message',
    message.id,
    {
      definition: { channel: campaign.channel, label: campaign.name, content: { subject: 'Hello' } },
      send_times: [],
      created_at: iso(campaign.created),
      updated_at: iso(campaign.created),
    },
    {
      campaign: { data: { type: 'campaign', id: campaign.id }, links: { self: ask.origin, related: ask.origin } },
      template: {
        ...(message.template && { data: { type: 'template', id: message.template } }),
        links: { self: ask.origin, related: ask.origin },
      },
    },
  );

function messageOf(account: Account, id: string) {
  for (const campaign of account.campaigns.values())
    for (const message of campaign.messages) if (message.id === id) return { campaign, message };
  throw notFound('campaign-message', id);
}

/** "Assigning a template to a message makes a clone: later edits of the source do not reach it." */
function assignTemplate(ask: Ask) {
  const { account, body } = ask;
  const { id = '', relationships } = (body as Body<object>).data;
  const { campaign, message } = messageOf(account, id);
  const source = templateOf(account, relationships?.template?.data.id ?? '');
  message.template = account.addTemplate({
    name: source.name,
    editor_type: source.editor_type,
    html: source.html,
    definition: structuredClone(source.definition),
    owner: 'campaign',
  }).id;
  const { attributes, ...rest } = messageResource(ask, campaign, message);
  // Its answer is an older one than that to reading a message.
  const older = { ...attributes, ...{ definition: undefined, label: campaign.name, channel: 'email', content: {} } };
  return { status: 200, body: { data: { ...rest, attributes: older } } };
}

function flowMessageOf(account: Account, id: string) {
  for (const flow of account.flows.values())
    for (const action of flow.actions) if (action.message?.id === id) return { flow, action, message: action.message };
  throw notFound('flow-message', id);
}

function actionOf(account: Account, id: string) {
  for (const flow of account.flows.values())
    for (const action of flow.actions) if (action.id === id) return { flow, action };
  throw notFound('flow-action', id);
}

const definitionOf = ({ id, type, next, message, url }: FlowAction) => ({
  id,
  type,
  links: { next },
  ...(type === 'time-delay' && {
    data: { unit: 'hours', value: 1, secondary_value: null, timezone: 'profile', delay_until_weekdays: null },
  }),
  ...(type === 'send-webhook' && {
    data: { message: { url, headers: {}, body: '{}', name: 'A webhook' }, status: 'live' },
  }),
  ...(message && {
    data: {
      message: {
        from_email: 'shop@example.com',
        from_label: 'A shop',
        subject_line: 'Hello',
        template_id: message.template,
        smart_sending_enabled: true,
        transactional: false,
        add_tracking_params: false,
        id: message.id,
        name: 'An email',
      },
      status: 'live',
    },
  }),
});

const actionResource = (ask: Ask, action: FlowAction) =>
  resource(ask, 'flow-action', action.id, { created: null, updated: null, definition: definitionOf(action) });

/** Changing an email's step: only the template it sends is looked at. */
function changeAction(ask: Ask) {
  const { action } = actionOf(ask.account, ask.id);
  const { definition } =
    (ask.body as Body<{ definition: { data?: { message?: { template_id?: string } } } }>).data.attributes ?? {};
  const template = definition?.data?.message?.template_id;
  if (action.message && template && template !== action.message.template) {
    const source = templateOf(ask.account, template);
    action.message.template = ask.account.addTemplate({
      name: source.name,
      editor_type: source.editor_type,
      html: source.html,
      definition: structuredClone(source.definition),
      owner: 'flow',
    }).id;
  }
  return { status: 200, body: { data: actionResource(ask, action) } };
}

function flowResource(ask: Ask, flow: Flow) {
  const additional = listed(ask.query, 'additional-fields[flow]', ['definition']) ?? [];
  return resource(ask, 'flow', flow.id, {
    name: flow.name,
    status: 'live',
    archived: false,
    created: iso(flow.created),
    updated: iso(flow.created),
    trigger_type: 'Metric',
    ...(additional.includes('definition') && {
      definition: {
        triggers: [{ type: 'metric', id: 'METRIC' }],
        entry_action_id: flow.actions[0]?.id ?? null,
        actions: flow.actions.map(definitionOf),
      },
    }),
  });
}

const one = (data: unknown) => ({ status: 200, body: { data } });

export const emailRoutes = (unsure: Unsure): Route[] => [
  {
    method: 'GET',
    path: /^\/api\/templates\/?$/,
    name: 'templates',
    scopes: ['templates:read'],
    limit: 'L',
    answer(ask) {
      const library = [...ask.account.templates.values()].filter(({ owner }) => owner === 'library');
      // "lists, segments, templates **10** per page"
      const page = pageOf(ask, byId(library), pageSize(ask.query, 10, 10));
      const data = page.rows.map(({ item }) => templateResource(ask, item, definitionAsked(ask)));
      return { status: 200, body: { data, links: page.links } };
    },
  },
  {
    method: 'POST',
    path: /^\/api\/templates\/?$/,
    name: 'create template',
    scopes: ['templates:write'],
    limit: 'L',
    answer: createTemplate,
  },
  {
    method: 'GET',
    path: /^\/api\/templates\/([^/]+)\/?$/,
    name: 'template',
    scopes: ['templates:read'],
    limit: 'L',
    answer: (ask) => one(templateResource(ask, templateOf(ask.account, ask.id), definitionAsked(ask))),
  },
  {
    method: 'PATCH',
    path: /^\/api\/templates\/([^/]+)\/?$/,
    name: 'change template',
    scopes: ['templates:write'],
    limit: 'L',
    answer: changeTemplate(unsure),
  },
  {
    method: 'DELETE',
    path: /^\/api\/templates\/([^/]+)\/?$/,
    name: 'delete template',
    scopes: ['templates:write'],
    limit: 'L',
    answer(ask) {
      const template = templateOf(ask.account, ask.id);
      if (template.owner !== 'library') throw new Refusal(400, 'invalid', 'Invalid input.', 'It is in use.');
      ask.account.templates.delete(ask.id);
      return { status: 204 };
    },
  },
  {
    method: 'GET',
    path: /^\/api\/template-universal-content\/([^/]+)\/?$/,
    name: 'universal content',
    scopes: ['templates:read'],
    limit: 'M',
    answer: (ask) => one(contentResource(ask, contentOf(ask))),
  },
  {
    method: 'PATCH',
    path: /^\/api\/template-universal-content\/([^/]+)\/?$/,
    name: 'change universal content',
    scopes: ['templates:write'],
    limit: 'M',
    answer: changeContent,
  },
  {
    method: 'GET',
    path: /^\/api\/campaigns\/?$/,
    name: 'campaigns',
    scopes: ['campaigns:read'],
    limit: 'M',
    answer: campaigns,
  },
  {
    method: 'GET',
    path: /^\/api\/campaigns\/([^/]+)\/?$/,
    name: 'campaign',
    scopes: ['campaigns:read'],
    limit: 'M',
    answer: (ask) => one(campaignResource(ask, campaignOf(ask.account, ask.id))),
  },
  {
    method: 'GET',
    path: /^\/api\/campaigns\/([^/]+)\/campaign-messages\/?$/,
    name: 'messages',
    scopes: ['campaigns:read'],
    limit: 'M',
    answer(ask) {
      const campaign = campaignOf(ask.account, ask.id);
      const data = campaign.messages.map((message) => messageResource(ask, campaign, message));
      const include = listed(ask.query, 'include', ['campaign', 'image', 'template']) ?? [];
      if (!include.includes('template')) return one(data);
      const included = campaign.messages.flatMap(({ template }) =>
        template ? [templateResource(ask, templateOf(ask.account, template), false)] : [],
      );
      return { status: 200, body: { data, included } };
    },
  },
  {
    method: 'GET',
    path: /^\/api\/campaign-messages\/([^/]+)\/template\/?$/,
    name: 'message template',
    scopes: ['campaigns:read', 'templates:read'],
    limit: 'M',
    answer(ask) {
      const { message } = messageOf(ask.account, ask.id);
      return one(templateResource(ask, templateOf(ask.account, message.template ?? ''), false));
    },
  },
  {
    method: 'POST',
    path: /^\/api\/campaign-message-assign-template\/?$/,
    name: 'assign template',
    scopes: ['campaigns:write'],
    limit: 'M',
    answer: assignTemplate,
  },
  {
    method: 'GET',
    path: /^\/api\/flows\/?$/,
    name: 'flows',
    scopes: ['flows:read'],
    limit: 'S',
    answer(ask) {
      const page = pageOf(ask, byId(ask.account.flows.values()), pageSize(ask.query, 50, 50));
      return { status: 200, body: { data: page.rows.map(({ item }) => flowResource(ask, item)), links: page.links } };
    },
  },
  {
    method: 'GET',
    path: /^\/api\/flows\/([^/]+)\/?$/,
    name: 'flow',
    scopes: ['flows:read'],
    limit: 'S',
    answer(ask) {
      const flow = ask.account.flows.get(ask.id);
      if (!flow) throw notFound('flow', ask.id);
      return one(flowResource(ask, flow));
    },
  },
  {
    method: 'GET',
    path: /^\/api\/flow-messages\/([^/]+)\/template\/?$/,
    name: 'flow template',
    scopes: ['templates:read'],
    limit: 'S',
    answer(ask) {
      const { message } = flowMessageOf(ask.account, ask.id);
      return one(templateResource(ask, templateOf(ask.account, message.template), false));
    },
  },
  {
    method: 'GET',
    path: /^\/api\/flow-messages\/([^/]+)\/flow-action\/?$/,
    name: 'flow step of a message',
    scopes: ['flows:read'],
    limit: 'S',
    answer: (ask) => one(actionResource(ask, flowMessageOf(ask.account, ask.id).action)),
  },
  {
    method: 'GET',
    path: /^\/api\/flow-actions\/([^/]+)\/flow\/?$/,
    name: 'flow of a step',
    scopes: ['flows:read'],
    limit: 'S',
    answer: (ask) => one(flowResource(ask, actionOf(ask.account, ask.id).flow)),
  },
  {
    method: 'PATCH',
    path: /^\/api\/flow-actions\/([^/]+)\/?$/,
    name: 'change flow step',
    scopes: ['flows:write'],
    limit: 'S',
    answer: changeAction,
  },
];
