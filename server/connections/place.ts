import { AppError } from '../../core/errors.ts';
import { type DialectId, dialects } from '../../core/links/dialects/index.ts';
import { emailBlock } from '../../core/links/email-block.ts';
import type { PlaceTarget } from '../../integrations/connector.ts';
import type { Actor } from '../access/roles.ts';
import { type PreparedLink, prepareLink } from '../links/create.ts';
import { linkPolicy, readLink, whichOf } from '../links/link.ts';
import { describeLink } from '../links/write.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import type { ConnectionRecord } from '../stores/records/connections.ts';
import { findLink, findSameLink } from '../stores/records/links.ts';
import { findPublished } from '../templates/find-published.ts';
import { askPlatform } from './ask.ts';
import { differenceOf } from './difference.ts';
import { heldConnection } from './keep.ts';
import { type PlatformId, platforms } from './platforms.ts';
import { unreachable } from './reachable.ts';
import { SECRET_HEADER, webhookPath } from './webhook.ts';

/** What is placed where: a link, or a template by its name, whose plain link for the connection is taken or made. */
export type PlacingOrder = {
  readonly connection: string;
  readonly into: PlaceTarget;
  readonly send?: string | undefined;
  readonly href?: string | undefined;
  /** Only tells what would change: nothing is kept here nor changed there. */
  readonly dryRun: boolean;
} & (
  | { readonly link: string; readonly template?: undefined }
  | { readonly link?: undefined; readonly template: string; readonly variant?: string | undefined }
);

/** What was, or would be, changed. `step` is what a flow calls before its email, so that the picture is made by then. */
export type Placing = {
  readonly link: string;
  readonly changes: readonly { readonly part: string; readonly difference: string }[];
  readonly notes: readonly string[];
  readonly step: { readonly url: string; readonly header: string; readonly body: string } | null;
};

type Parts = Pick<Services, 'records' | 'library' | 'links' | 'signingKeys' | 'publicUrl' | 'config' | 'connectors'>;

/**
 * Puts a link's picture into an email on its platform, in place of the one that stands there. Throws `place_refused` with
 * what stands against it, what `prepareLink` throws, `connection_refused` and `platform_unavailable`.
 */
export async function placePicture(
  services: Parts,
  by: Pick<Actor, 'workspace' | 'id'>,
  order: PlacingOrder,
): Promise<Placing> {
  const { records, publicUrl } = services;
  const { into, href, dryRun } = order;
  const record = await heldConnection(services, by.workspace, order.connection);
  const refusal = unreachable(services);
  if (refusal !== undefined) throw new AppError('place_refused', refusal);
  if (record.error !== null) throw new AppError('connection_refused', record.error);
  const { link, published, keep } = await findOrPrepare(services, by, record, order);
  const send = order.send ?? markerFor(record, into);
  const { email, notes } = await describeLink(services, link, published, { send, href, isPlaced: true });
  const block = emailBlock(email);
  // Kept before it stands anywhere: an address in an email that nobody knows would be worse than a link in no email.
  if (!dryRun) await keep();
  const placed = await askPlatform(services, record, (connector, signal) =>
    connector.place(into, block, dryRun, signal),
  );
  if (!dryRun && placed.changes.length > 0)
    await audit(records, {
      ...{ workspace: by.workspace, actor: by.id, action: 'link.placed', subject: link.id },
      now: Date.now(),
    });
  const body = platforms[record.platform as PlatformId].webhook.bodyFor([block.image.src]);
  return {
    link: link.id,
    changes: placed.changes.map(({ part, before, after }) => ({ part, difference: differenceOf(before, after) })),
    notes: [...placed.notes, ...notes],
    step:
      into.kind === 'flow-message' && body !== null
        ? { url: publicUrl.replace(/\/+$/, '') + webhookPath(record.id), header: SECRET_HEADER, body }
        : null,
  };
}

/** Where the platform has no tag that tells campaigns apart, a campaign's own id does. */
function markerFor({ platform }: ConnectionRecord, into: PlaceTarget): string | undefined {
  return into.kind === 'campaign' && dialects[platform as DialectId].sendTag === undefined ? into.id : undefined;
}

async function findOrPrepare(
  services: Parts,
  by: Pick<Actor, 'workspace' | 'id'>,
  { id: connection }: ConnectionRecord,
  order: PlacingOrder,
): Promise<PreparedLink> {
  const { records } = services;
  if (order.link === undefined) {
    const prepared = await prepareLink(services, by, {
      ...{
        template: order.template,
        variant: order.variant,
        version: null,
        connection,
        mode: 'contact',
        fields: {},
        formats: undefined,
      },
      ...{ scale: undefined, scales: [], policy: linkPolicy.parse({}) },
    });
    const same = await findSameLink(records, prepared.link);
    return same ? { ...prepared, link: readLink(same), keep: async () => undefined } : prepared;
  }
  const found = await findLink(records, order.link);
  if (found?.workspace !== by.workspace)
    throw new AppError('link_not_found', 'There is no link with that id in this workspace.');
  const link = readLink(found);
  const isOver = link.isRevoked || (link.expiresAt !== null && link.expiresAt <= Date.now());
  if (isOver) throw new AppError('place_refused', 'This link was revoked or has expired: make another one.');
  if (link.connection !== connection)
    throw new AppError('place_refused', 'This link was made for something else: make one for this connection.');
  const published = await findPublished(services, by.workspace, link.template, whichOf(link));
  return { link, published, keep: async () => undefined };
}
