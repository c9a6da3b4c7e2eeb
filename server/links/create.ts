import { nanoid } from 'nanoid';
import { AppError, type Fault, nearest } from '../../core/errors.ts';
import { type DialectId, dialects } from '../../core/links/dialects/index.ts';
import { type FieldSource, imageBlock, linkUrl, type Placement, webBlock } from '../../core/links/html.ts';
import { linkNotes } from '../../core/links/notes.ts';
import { signToken } from '../../core/links/token.ts';
import { applyContract } from '../../core/template/contract.ts';
import { type FormatName, outputs } from '../../core/template/output.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { addLink } from '../stores/records/links.ts';
import type { Channel, LinkMode } from '../stores/records/tables.ts';
import { findPublished } from '../templates/find-published.ts';
import type { Published } from '../templates/library.ts';
import { chooseScale } from '../templates/scale.ts';
import { type Link, type LinkPolicy, readLink, whichOf } from './link.ts';

/** What a new link is made of. Without a version it follows a channel, production unless said. */
export type LinkOrder = {
  readonly template: string;
  readonly version: number | null;
  readonly channel?: Channel | undefined;
  readonly platform: DialectId;
  readonly mode: LinkMode;
  readonly fields: Readonly<Record<string, FieldSource>>;
  readonly formats: readonly [FormatName, ...FormatName[]] | undefined;
  readonly scale: number | undefined;
  readonly scales: readonly number[];
  readonly policy: LinkPolicy;
};

/** What goes into an email: the address for an image block's field, the whole `<img>` for an HTML block, or one for a web page. */
export type Placed = {
  readonly id: string;
  readonly url: string;
  readonly html: string;
  readonly web: string;
  readonly alt: string;
  /** What to know before pasting it, one sentence each. */
  readonly notes: string[];
};

type Linking = Pick<Services, 'records' | 'library' | 'links' | 'signingKeys' | 'publicUrl'>;

/** Registers a link. Throws `template_not_found`, or `link_refused` with everything that stands against it. */
export async function createLink(
  services: Linking,
  by: { workspace: string; id: string },
  order: LinkOrder,
): Promise<Link> {
  const { records, links } = services;
  const { template, version, channel = 'production', platform, mode, fields, policy } = order;
  const published = await findPublished(services, by.workspace, template, whichOf({ version, channel }));
  refuse(published, order);
  const { output } = published.template;
  const now = Date.now();
  const record = {
    id: nanoid(16),
    workspace: by.workspace,
    template,
    version,
    channel,
    platform,
    mode,
    connection: null,
    formats: JSON.stringify(order.formats ?? [output.format]),
    scale: chooseScale(published.template, order.scale),
    scales: JSON.stringify([...new Set(order.scales.map((scale) => chooseScale(published.template, scale)))].sort()),
    fields: JSON.stringify(fields),
    policy: JSON.stringify(policy),
    created_at: now,
    expires_at: null,
    revoked_at: null,
  } as const;
  const link = readLink(record);
  // Placing it is what refuses field names the platform cannot write, so it comes before anything is kept.
  placeLink(services, link, published);
  await addLink(records, record);
  await audit(records, { workspace: by.workspace, actor: by.id, action: 'link.created', subject: link.id, now });
  links.set(link.id, link);
  return link;
}

/** Writes a link for its platform; `send` marks one send of it. Throws `link_refused` for names it cannot write. */
export function placeLink(
  { signingKeys, publicUrl }: Pick<Linking, 'signingKeys' | 'publicUrl'>,
  link: Link,
  { template, compiled, defaults }: Published,
  send?: string,
): Placed {
  const [format] = link.formats;
  const placement: Placement = {
    publicUrl,
    token: signToken({ kind: 'link', id: link.id }, signingKeys[0]),
    extension: outputs[format].extension,
    dialect: dialects[link.platform as DialectId],
    mode: link.mode,
    fields: link.fields,
    ...(send !== undefined && { send }),
  };
  const rendered = compiled.alt(defaults);
  const texts = Object.entries(defaults).map(([name, value]) => [name, typeof value === 'object' ? '' : String(value)]);
  const alt = { source: template.alt, rendered, defaults: Object.fromEntries(texts) };
  const scales = [link.scale, ...link.scales.filter((scale) => scale !== link.scale)];
  return {
    id: link.id,
    url: linkUrl(placement),
    html: imageBlock(placement, template.size, alt),
    web: webBlock(placement, scales, template.size, alt),
    alt: rendered,
    notes: linkNotes(placement),
  };
}

function refuse({ template }: Published, { mode, fields }: LinkOrder): void {
  const faults: Fault[] = [];
  const isOpen = mode === 'merge' || Object.values(fields).some(({ from }) => from === 'open');
  if (isOpen && !template.links.allowMerge) {
    faults.push({
      path: 'mode',
      message: 'the template does not allow fields in the address: set links.allowMerge in it, or use contact mode',
    });
  }
  if (mode === 'merge' && Object.keys(fields).length === 0) {
    faults.push({ path: 'fields', message: 'say which field of the platform fills each field of the template' });
  }
  const fixed: Record<string, string> = {};
  for (const [name, source] of Object.entries(fields)) {
    if (!Object.hasOwn(template.fields, name)) {
      const near = nearest(name, Object.keys(template.fields));
      faults.push({
        path: `fields.${name}`,
        message: `the template has no such field${near ? `: did you mean ${near}?` : ''}`,
      });
    } else if (source.from === 'fixed') fixed[name] = source.value;
  }
  for (const fault of applyContract(template.fields, fixed).faults) {
    if (Object.hasOwn(fixed, fault.path)) faults.push({ path: `fields.${fault.path}.value`, message: fault.message });
  }
  if (faults.length === 0) return;
  throw new AppError('link_refused', 'The link was not made: mend what is listed and try again.', { faults });
}
