import { type DialectId, dialects } from '../../core/links/dialects/index.ts';
import { type EmailOrder, emailBlock } from '../../core/links/email-block.ts';
import { type FieldSource, imageBlock, linkUrl, webBlock } from '../../core/links/html.ts';
import { linkNotes } from '../../core/links/notes.ts';
import { signToken } from '../../core/links/token.ts';
import { outputs } from '../../core/template/output.ts';
import { type Connection, readConnection, tagOf } from '../connections/connection.ts';
import { heldConnection } from '../connections/keep.ts';
import { unreachable } from '../connections/reachable.ts';
import type { Services } from '../services.ts';
import type { Published } from '../templates/library.ts';
import type { Link } from './link.ts';

/**
 * A link as it goes into an email: the address for an image block's field, the `<img>` for an HTML block, the same in a
 * table that Outlook keeps to its width, and an `<img>` for a web page. `notes` say what to know, one sentence each.
 */
export type WrittenLink = {
  readonly id: string;
  readonly url: string;
  readonly html: string;
  readonly block: string;
  readonly web: string;
  readonly alt: string;
  readonly notes: readonly string[];
};

export type Writing = Pick<Services, 'records' | 'signingKeys' | 'publicUrl' | 'config'>;

/** What is said anew each time a link is written: a marker of one send, where the picture leads, and whether we place it ourselves. */
export type WritingOrder = {
  readonly send?: string | undefined;
  readonly href?: string | undefined;
  readonly isPlaced?: boolean;
};

/**
 * Writes a link for its platform or connection. Throws `link_refused` for what cannot be written there, and
 * `connection_not_found` when its connection was taken out.
 */
export async function writeLink(
  services: Writing,
  link: Link,
  published: Published,
  order: WritingOrder = {},
): Promise<WrittenLink> {
  const { email, notes } = await describeLink(services, link, published, order);
  const { placement, size, alt } = email;
  const scales = [link.scale, ...link.scales.filter((scale) => scale !== link.scale)];
  return {
    id: link.id,
    url: linkUrl(placement),
    html: imageBlock(placement, size, alt),
    block: emailBlock(email).html,
    web: webBlock(placement, scales, size, alt),
    alt: alt.rendered,
    notes,
  };
}

/** What a link is written from, and what to know of it. Throws as `writeLink` does. */
export async function describeLink(
  services: Writing,
  link: Link,
  { template, compiled, defaults }: Published,
  { send, href, isPlaced }: WritingOrder = {},
): Promise<{ readonly email: EmailOrder; readonly notes: readonly string[] }> {
  const { signingKeys, publicUrl } = services;
  const connection =
    link.connection === null
      ? undefined
      : readConnection(await heldConnection(services, link.workspace, link.connection));
  const dialect = dialects[link.platform as DialectId];
  const fields = connection ? mapContactFields(link, Object.keys(template.fields), connection) : link.fields;
  const [format] = link.formats;
  const texts = Object.entries(defaults).map(([name, value]) => [name, typeof value === 'object' ? '' : String(value)]);
  const email: EmailOrder = {
    link: link.id,
    placement: {
      ...{ publicUrl, dialect, fields, mode: link.mode },
      token: signToken({ kind: 'link', id: link.id }, signingKeys[0]),
      extension: outputs[format].extension,
      ...(connection && { referenceField: connection.referenceField }),
      ...(send !== undefined && { send }),
    },
    size: template.size,
    alt: { source: template.alt, rendered: compiled.alt(defaults), defaults: Object.fromEntries(texts) },
    href: href ?? null,
  };
  // Whatever of it cannot be written is refused here.
  emailBlock(email);
  const isUnreachable = unreachable(services) !== undefined;
  const notes = [
    ...(isUnreachable
      ? [
          `No recipient can open ${new URL(publicUrl).origin}: set MERGEPIX_PUBLIC_URL to its public https address first.`,
        ]
      : []),
    ...unmapped(link, Object.keys(template.fields), connection).map(
      (name) => `${name} is not mapped: everybody sees its fallback.`,
    ),
    ...linkNotes(email.placement, { isPlaced }),
  ];
  return { email, notes };
}

/** With the platform's fields that the connection fills ours from, for the alt text; what no tag shows has none. */
function mapContactFields(
  { fields, mode, platform }: Link,
  names: readonly string[],
  connection: Connection,
): Readonly<Record<string, FieldSource>> {
  const entries = names.flatMap((name): [string, FieldSource][] => {
    const source = fields[name] ?? (mode === 'contact' ? { from: 'contact' as const } : undefined);
    if (!source) return [];
    const tag = tagOf(connection, name);
    const isShown = tag !== undefined && dialects[platform as DialectId].fieldPattern.test(tag);
    if (source.from !== 'contact' || !isShown) return [[name, source]];
    return [[name, { from: 'contact', tag }]];
  });
  return Object.fromEntries(entries);
}

/** Fields of the template that nothing fills, but for those that are left out on purpose. */
function unmapped({ fields, mode }: Link, names: readonly string[], connection: Connection | undefined): string[] {
  return names.filter((name) => {
    const from = fields[name]?.from ?? (mode === 'contact' ? 'contact' : undefined);
    const tag = connection && tagOf(connection, name);
    if (from === 'contact') return connection !== undefined && tag === undefined;
    return from === undefined && tag !== '';
  });
}
