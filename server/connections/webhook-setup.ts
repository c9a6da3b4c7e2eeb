import { AppError } from '../../core/errors.ts';
import type { Actor } from '../access/roles.ts';
import { whichOf } from '../links/link.ts';
import { type Writing, writeLink } from '../links/write.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { type ConnectionRecord, changeConnection } from '../stores/records/connections.ts';
import { findPublished } from '../templates/find-published.ts';
import { askPlatform } from './ask.ts';
import { makeWebhookSecret, openWebhookSecrets, readConnection, sealWebhookSecrets } from './connection.ts';
import { platforms } from './platforms.ts';
import { unreachable } from './reachable.ts';
import { SECRET_HEADER, SECRET_PARAMETER, webhookPath } from './webhook.ts';

/** What is entered on the platform; `body` is null where it decides itself what it sends. */
export type WebhookSetup = {
  readonly url: string;
  readonly header: { readonly name: string; readonly value: string } | null;
  readonly body: string | null;
};

// One for each list, and as many again while they are replaced.
const MAX_SIGNING = 200;

/**
 * The addresses of a connection's links as they stand in emails, with the tags of its platform. Throws `link_not_found`,
 * `link_refused` for a link of something else, and what stands against writing one.
 */
export async function writeAddresses(
  services: Writing & Pick<Services, 'links' | 'library'>,
  { id: connection, platform, workspace }: Pick<ConnectionRecord, 'id' | 'platform' | 'workspace'>,
  ids: readonly string[],
): Promise<string[]> {
  const found = ids.map(async (id) => {
    const link = await services.links.get(id);
    if (link?.workspace !== workspace) throw new AppError('link_not_found', `This workspace has no link ${id}.`);
    // Another platform's tags would stand there as they are.
    const isOther = link.connection === null ? link.platform !== platform : link.connection !== connection;
    if (isOther)
      throw new AppError('link_refused', `The link ${id} was made for something else: make one for this connection.`);
    const published = await findPublished(services, workspace, link.template, whichOf(link));
    return (await writeLink(services, link, published)).url;
  });
  return Promise.all(found);
}

/** How the webhook of a connection is set up, so that these pictures, with the platform's tags, are made before they are shown. */
export function describeWebhook(
  { encryption, publicUrl }: Pick<Services, 'encryption' | 'publicUrl'>,
  record: ConnectionRecord,
  pictures: readonly string[],
): WebhookSetup {
  const { webhook } = platforms[readConnection(record).platform];
  const { secret } = openWebhookSecrets(encryption, record);
  const url = publicUrl + webhookPath(record.id);
  const body = webhook.bodyFor(pictures);
  return webhook.secretIn === 'header'
    ? { url, header: { name: SECRET_HEADER, value: secret }, body }
    : { url: `${url}?${SECRET_PARAMETER}=${secret}`, header: null, body };
}

/**
 * Has the platform call the webhook, with another secret when it is to be renewed: the old one is worth nothing from then
 * on. Throws `connection_refused` where nobody but its owner can enter it, or nothing may be written yet.
 */
export async function watchConnection(
  services: Pick<Services, 'records' | 'encryption' | 'connectors' | 'changes' | 'publicUrl' | 'config'>,
  { workspace, id: actor }: Pick<Actor, 'workspace' | 'id'>,
  record: ConnectionRecord,
  { isRenewed }: { readonly isRenewed: boolean },
): Promise<ConnectionRecord> {
  const { records, encryption } = services;
  const { platform, audiences, id } = readConnection(record);
  const before = openWebhookSecrets(encryption, record);
  const secrets = isRenewed ? { ...before, secret: makeWebhookSecret() } : before;
  const renewed = { ...record, webhook_secret: sealWebhookSecrets(encryption, record, secrets) };
  const keep = async (change: Pick<ConnectionRecord, 'webhook_secret'>) => {
    await changeConnection(records, record, { webhook_secret: change.webhook_secret });
    await services.changes.tell('connection', id);
    await audit(records, { workspace, actor, action: 'webhook.set_up', subject: id, now: Date.now() });
  };
  // First, since the platform looks whether the address answers.
  if (isRenewed) await keep(renewed);
  const { url } = describeWebhook(services, renewed, []);
  const signing = await askPlatform(services, record, async (connector, signal) => {
    if (!connector.watch) return undefined;
    const fault = unreachable(services);
    if (fault !== undefined) throw new AppError('connection_refused', fault);
    return connector.watch(url, audiences, signal);
  });
  if (signing === undefined && !isRenewed) {
    const { title } = platforms[platform];
    throw new AppError(
      'connection_refused',
      `The webhook of ${title} is a step of the flow that you enter: mergepix connection webhook shows it, and so does GET.`,
    );
  }
  if (!signing?.length) return renewed;
  const all = { ...secrets, signing: [...secrets.signing, ...signing].slice(-MAX_SIGNING) };
  const watched = { ...renewed, webhook_secret: sealWebhookSecrets(encryption, record, all) };
  await keep(watched);
  return watched;
}
