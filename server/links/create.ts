import { nanoid } from 'nanoid';
import { AppError, type Fault, nearest } from '../../core/errors.ts';
import type { DialectId } from '../../core/links/dialects/index.ts';
import type { FieldSource } from '../../core/links/html.ts';
import { applyContract } from '../../core/template/contract.ts';
import type { FormatName } from '../../core/template/output.ts';
import { type Connection, readConnection } from '../connections/connection.ts';
import { heldConnection } from '../connections/keep.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { addLink } from '../stores/records/links.ts';
import type { LinkMode } from '../stores/records/tables.ts';
import type { Channel } from '../stores/records/template-tables.ts';
import { findPublished } from '../templates/find-published.ts';
import type { Published } from '../templates/library.ts';
import { chooseScale } from '../templates/scale.ts';
import { type Link, type LinkPolicy, readLink, whichOf } from './link.ts';
import { describeLink, type Writing } from './write.ts';

/**
 * What a new link is made of. Without a version it follows a channel, production unless said. It is written for a
 * platform, or for a connection, whose mapping then fills the fields that are not named.
 */
export type LinkOrder = {
  readonly template: string;
  readonly version: number | null;
  readonly variant?: string | undefined;
  readonly channel?: Channel | undefined;
  readonly mode: LinkMode;
  readonly fields: Readonly<Record<string, FieldSource>>;
  readonly formats: readonly [FormatName, ...FormatName[]] | undefined;
  readonly scale: number | undefined;
  readonly scales: readonly number[];
  readonly policy: LinkPolicy;
} & (
  | { readonly platform: DialectId; readonly connection?: undefined }
  | { readonly platform?: undefined; readonly connection: string }
);

/** A link that could be registered, and what it shows. */
export type PreparedLink = {
  readonly link: Link;
  readonly published: Published;
  /** Registers it. */
  keep(): Promise<void>;
};

type Linking = Writing & Pick<Services, 'library' | 'links'>;

/** Registers a link. Throws as `prepareLink` does. */
export async function createLink(
  services: Linking,
  by: { workspace: string; id: string },
  order: LinkOrder,
): Promise<Link> {
  const { link, keep } = await prepareLink(services, by, order);
  await keep();
  return link;
}

/**
 * Makes a link up to where it would be registered. Throws `template_not_found`, `connection_not_found`, or `link_refused`
 * with everything that stands against it.
 */
export async function prepareLink(
  services: Linking,
  by: { workspace: string; id: string },
  order: LinkOrder,
): Promise<PreparedLink> {
  const { records, links } = services;
  const { template, version, variant = null, channel = 'production', mode, policy } = order;
  const connection =
    order.connection === undefined
      ? undefined
      : readConnection(await heldConnection(services, by.workspace, order.connection));
  const published = await findPublished(services, by.workspace, template, whichOf({ version, channel, variant }));
  const fields = { ...mappedFields(order, connection, published), ...order.fields };
  refuse(published, { mode, fields });
  const now = Date.now();
  const record = {
    // On a command line what begins with a dash is an option.
    id: nanoid(16).replace(/^-/, '_'),
    workspace: by.workspace,
    template,
    version,
    variant,
    channel,
    platform: (connection?.platform ?? order.platform) as DialectId,
    mode,
    connection: connection?.id ?? null,
    formats: JSON.stringify(order.formats ?? formatsOf(published)),
    scale: chooseScale(published.template, order),
    scales: JSON.stringify(
      [...new Set(order.scales.map((scale) => chooseScale(published.template, { scale })))].sort(),
    ),
    fields: JSON.stringify(fields),
    policy: JSON.stringify(policy),
    created_at: now,
    expires_at: null,
    revoked_at: null,
  } as const;
  const link = readLink(record);
  // Writing it is what refuses field names the platform cannot have, so it comes before anything is kept.
  await describeLink(services, link, published);
  return {
    link,
    published,
    async keep() {
      await addLink(records, record);
      await audit(records, { workspace: by.workspace, actor: by.id, action: 'link.created', subject: link.id, now });
      links.set(link.id, link);
    },
  };
}

/** What an email shows; of a template that makes pages a picture, with the page behind it. */
const formatsOf = ({ format, picture }: Published): readonly FormatName[] => [...new Set([picture, format])];

/** A merge link takes what its connection maps; in contact mode the contact has it. */
function mappedFields(
  { mode }: Pick<LinkOrder, 'mode'>,
  connection: Connection | undefined,
  { template }: Published,
): Record<string, FieldSource> {
  if (mode === 'contact' || !connection) return {};
  const mapped = Object.entries(connection.mapping).filter(
    ([name, tag]) => tag !== '' && Object.hasOwn(template.fields, name),
  );
  return Object.fromEntries(mapped.map(([name, tag]) => [name, { from: 'open', tag }]));
}

function refuse({ template }: Published, { mode, fields }: Pick<LinkOrder, 'mode' | 'fields'>): void {
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
