import { AppError } from '../../core/errors.ts';
import { type EmailBlock, placeInHtml } from '../../core/links/place.ts';
import type { Call } from '../calls.ts';
import type { Placed, PlaceTarget } from '../connector.ts';
import type { Campaign, Client, ContentOrder } from './client.ts';
import { unlessMissing } from './failure.ts';
import { findSection } from './sections.ts';

type Sections = Readonly<Record<string, string>>;
/** The HTML as it will be, and what has to be sent for it. */
type Plan = { readonly part: string; readonly after: string; readonly content: ContentOrder };

/**
 * Puts a block into the content of a campaign that is not scheduled yet: into its pasted HTML, or into one section of its
 * template. Throws `place_refused` wherever the rest could not be kept as it is.
 */
export async function placeInCampaign(
  client: Client,
  call: Call,
  target: PlaceTarget,
  block: EmailBlock,
  dryRun: boolean,
  signal: AbortSignal,
): Promise<Placed> {
  if (target.kind !== 'campaign') throw refused(otherTargets[target.kind]);
  const campaign = await call('read', signal, (each) => client.campaign(target.id, each));
  refuseCampaign(campaign);
  const template = campaign.settings?.template_id ?? 0;
  const sections = template === 0 ? {} : await sectionsOf(client, call, template, signal);
  const { html = '', plain_text: plainText } = await call('read', signal, (each) => client.content(target.id, each));
  if (html === '') throw refused('This campaign has no content yet: design it in Mailchimp first.');
  const plan = planPlace(html, { template, sections, section: target.section }, block);
  if (plan.after === html) return { changes: [], notes: [] };
  const changes = [{ part: plan.part, before: html, after: plan.after }];
  if (dryRun) return { changes, notes: [] };
  // Without its text, Mailchimp would write the plain-text part anew.
  const content = { ...plan.content, ...(plainText ? { plain_text: plainText } : {}) };
  const kept = await call('write', signal, (each) => client.setContent(target.id, content, each));
  const isKept = kept.html === undefined || kept.html === plan.after;
  return {
    changes,
    notes: isKept ? [] : ['Mailchimp changed the HTML while it kept it: look the campaign over before it is sent.'],
  };
}

const otherTargets = {
  template:
    'Mailchimp does not let the HTML of a saved template be read, so the rest of it could not be kept: paste the block into the template, or place it into a campaign.',
  'universal-content': 'Mailchimp has no universal content: place the picture into a campaign.',
  'flow-message':
    'Mailchimp does not let the emails of a flow be changed from outside: paste the block into a code block of the email.',
} satisfies Record<Exclude<PlaceTarget['kind'], 'campaign'>, string>;

function refuseCampaign({ type, status, content_type, settings }: Campaign): void {
  if (status !== 'save' && status !== 'paused')
    throw refused(
      status === 'schedule'
        ? 'This campaign is scheduled: take it off the schedule, place the picture, and schedule it again.'
        : 'This campaign is sent already: place the picture into one that is still a draft.',
    );
  if (type === 'variate')
    throw refused('This campaign tests several contents against each other: paste the block into each of them.');
  if (type === 'plaintext') throw refused('This campaign is plain text, which shows no pictures: make one with HTML.');
  // Their design cannot be read, and HTML written over it would end it.
  if (content_type === 'multichannel' || content_type === 'drag_and_drop' || settings?.drag_and_drop === true)
    throw refused(
      "This campaign is made in Mailchimp's drag-and-drop editor, which cannot be changed from outside: paste the block into a code block of it.",
    );
}

async function sectionsOf(client: Client, call: Call, template: number, signal: AbortSignal): Promise<Sections> {
  // The template of a campaign can be deleted, or be one of Mailchimp's own.
  const found = await call('read', signal, (each) => client.sections(template, each).catch(unlessMissing));
  const { sections = {} } = found ?? {};
  return Object.fromEntries(
    Object.entries(sections).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

type Where = { readonly template: number; readonly sections: Sections; readonly section: string | undefined };

function planPlace(html: string, { template, sections, section }: Where, block: EmailBlock): Plan {
  const names = Object.keys(sections);
  if (section === undefined) {
    if (names.length > 0)
      throw refused(`This campaign is made of a template: say which section of it is meant, ${names.join(', ')}.`);
    const after = placeInHtml(html, block);
    return { part: 'HTML', after, content: { html: after } };
  }
  if (!Object.hasOwn(sections, section))
    throw refused(
      names.length > 0
        ? `The template of this campaign has no section ${section}: it has ${names.join(', ')}.`
        : 'This campaign is not made of a template with sections: leave the section out.',
    );
  const { start, end } = rangeOf(html, section);
  const content = placeInHtml(html.slice(start, end), block);
  // A section that is not sent would have the template's own content again.
  const others = names.map((name) => [name, textOf(html, rangeOf(html, name))]);
  return {
    part: `section ${section}`,
    after: html.slice(0, start) + content + html.slice(end),
    content: { template: { id: template, sections: { ...Object.fromEntries(others), [section]: content } } },
  };
}

type Range = { readonly start: number; readonly end: number };

const textOf = (html: string, { start, end }: Range): string => html.slice(start, end);

/** Nothing but its mark says what stands in a section now: the template's own content may be a part of what was written. */
function rangeOf(html: string, name: string): Range {
  const range = findSection(html, name);
  if (range) return range;
  throw refused(
    `Mailchimp does not tell what stands in the section ${name} now, so it could not be kept: paste the block into the campaign.`,
  );
}

const refused = (sentence: string) => new AppError('place_refused', sentence);
