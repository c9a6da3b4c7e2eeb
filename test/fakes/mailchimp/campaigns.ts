import type { FakeAccount, FakeCampaign, FakeTemplate } from './account.ts';
import { iso, notFound, ok, pageOf, problem } from './answer.ts';
import type { Routes } from './lists.ts';

const MARK = /<(\w+)[^>]* mc:edit="([^"]+)"[^>]*>/g;

/** What stands in every editable area, in their order, and what stands between them. */
function takeApart(html: string) {
  const areas: { readonly name: string; readonly start: number; readonly end: number }[] = [];
  for (const mark of html.matchAll(MARK)) {
    const [whole, tag = '', name = ''] = mark;
    const start = mark.index + whole.length;
    let depth = 1;
    for (const { 0: text, index } of html.slice(start).matchAll(new RegExp(`</?${tag}\\b[^>]*>`, 'g'))) {
      depth += text.startsWith('</') ? -1 : 1;
      if (depth > 0) continue;
      areas.push({ name, start, end: start + index });
      break;
    }
  }
  return areas;
}

/** The default content of every editable area, by its name. */
export const sectionsOf = ({ html }: FakeTemplate): Record<string, string> =>
  Object.fromEntries(takeApart(html).map(({ name, start, end }) => [name, html.slice(start, end)]));

/** A template with other content in some areas. */
const fillSections = ({ html }: FakeTemplate, sections: Readonly<Record<string, string>>): string =>
  takeApart(html).reduceRight(
    (filled, { name, start, end }) =>
      filled.slice(0, start) + (sections[name] ?? html.slice(start, end)) + filled.slice(end),
    html,
  );

/** The HTML of a campaign before anything is filled in. */
export function htmlOf(account: FakeAccount, { html, template }: FakeCampaign): string {
  const made = template && account.templates.get(template.id);
  return made ? fillSections(made, template.sections) : html;
}

const writeCampaign = (account: FakeAccount, campaign: FakeCampaign) => ({
  id: campaign.id,
  web_id: 1,
  type: campaign.type,
  create_time: iso(Date.UTC(2026, 0, 1)),
  status: campaign.status,
  emails_sent: 0,
  send_time: campaign.sendAt === null ? '' : iso(campaign.sendAt),
  content_type: campaign.contentType,
  recipients: {
    list_id: campaign.list,
    list_name: account.lists.get(campaign.list)?.name ?? '',
    recipient_count: account.lists.get(campaign.list)?.members.size ?? 0,
    ...(campaign.segmentOpts && { segment_opts: campaign.segmentOpts }),
  },
  settings: {
    subject_line: `Subject of ${campaign.title}`,
    title: campaign.title,
    timewarp: campaign.timewarp,
    template_id: campaign.template?.id ?? 0,
    drag_and_drop: campaign.contentType === 'multichannel',
  },
});

type Content = {
  readonly html?: string;
  readonly plain_text?: string;
  readonly template?: { readonly id: number; readonly sections?: Record<string, string> };
};

/** Campaigns, their content, and saved templates, whose HTML cannot be read back. */
export const routesOfCampaigns = {
  'GET /campaigns': (account, { query }) => {
    const status = query.get('status');
    const rows = [...account.campaigns.values()].filter((each) => status === null || each.status === status);
    const found = pageOf(query, rows);
    return 'refused' in found
      ? found.refused
      : ok({ campaigns: found.page.map((each) => writeCampaign(account, each)), total_items: rows.length });
  },
  'GET /campaigns/{}': (account, _request, [id = '']) => {
    const campaign = account.campaigns.get(id);
    return campaign ? ok(writeCampaign(account, campaign)) : notFound();
  },
  'GET /campaigns/{}/content': (account, _request, [id = ''], { marks }) => {
    const campaign = account.campaigns.get(id);
    if (!campaign) return notFound();
    const html = htmlOf(account, campaign);
    return ok({
      plain_text: campaign.plainText,
      html: marks === 'kept' ? html : html.replaceAll(/ mc:edit="[^"]+"/g, ''),
      archive_html: `${html}<!-- archive -->`,
      ...(campaign.type === 'variate' && {
        variate_contents: campaign.variants.map((each, i) => ({ content_label: `Content ${i}`, html: each })),
      }),
    });
  },
  'PUT /campaigns/{}/content': (account, { body }, [id = ''], { marks }) => {
    const campaign = account.campaigns.get(id);
    if (!campaign) return notFound();
    if (campaign.status !== 'save' && campaign.status !== 'paused')
      return problem(400, 'Bad Request', 'Cannot set content for campaigns that are sent, sending or scheduled.');
    const { html, plain_text, template } = JSON.parse(body) as Content;
    if (template) {
      const made = account.templates.get(template.id);
      if (!made) return problem(400, 'Invalid Resource', 'There is no such template.');
      // Areas that are not given have the template's own content again.
      campaign.template = { id: template.id, sections: { ...template.sections } };
      campaign.contentType = 'template';
    } else if (html !== undefined) {
      campaign.html = html;
      campaign.template = undefined;
      campaign.contentType = 'html';
    }
    // "If left unspecified, we'll generate this automatically."
    campaign.plainText = plain_text ?? 'Made from the HTML.';
    const whole = htmlOf(account, campaign);
    return ok({
      plain_text: campaign.plainText,
      html: marks === 'kept' ? whole : whole.replaceAll(/ mc:edit="[^"]+"/g, ''),
      archive_html: whole,
    });
  },
  'POST /campaigns/{}/actions/schedule': (account, { body }, [id = '']) => {
    const campaign = account.campaigns.get(id);
    if (!campaign) return notFound();
    const { schedule_time, timewarp = false } = JSON.parse(body) as { schedule_time: string; timewarp?: boolean };
    const at = Date.parse(schedule_time);
    // "Schedules are on quarter hours"
    if (Number.isNaN(at) || at % (15 * 60_000) !== 0)
      return problem(400, 'Bad Request', 'Campaigns may only be scheduled to send on the quarter-hour.');
    Object.assign(campaign, { sendAt: at, timewarp, status: 'schedule' } satisfies Partial<FakeCampaign>);
    return { status: 204, body: '' };
  },
  'GET /templates/{}': ({ templates }, _request, [id]) => {
    const template = templates.get(Number(id));
    return template
      ? ok({ id: template.id, type: 'user', name: template.name, drag_and_drop: template.isDragAndDrop, active: true })
      : notFound();
  },
  'GET /templates/{}/default-content': ({ templates }, _request, [id]) => {
    const template = templates.get(Number(id));
    return template ? ok({ sections: sectionsOf(template) }) : notFound();
  },
} satisfies Routes;
