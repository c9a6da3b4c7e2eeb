import type { Command } from 'commander';
import { heldConnection } from '../server/connections/keep.ts';
import { unreachable } from '../server/connections/reachable.ts';
import {
  describeWebhook,
  type WebhookSetup,
  watchConnection,
  writeAddresses,
} from '../server/connections/webhook-setup.ts';
import { audit } from '../server/stores/records/audit.ts';
import { tell, where } from './connection-report.ts';
import { withServices } from './services.ts';

type Options = {
  readonly link?: readonly string[];
  readonly enter?: true;
  readonly renew?: true;
  readonly workspace?: string;
  readonly json?: true;
};

/** `mergepix connection webhook`: what to enter on the platform, or has it entered where the platform lets us. */
export function addWebhook(command: Command): void {
  command
    .argument('<id>', 'a connection')
    .option('--link <id>', 'a link in the email that follows in the flow; may be repeated', collect)
    .option('--enter', 'enter it there, where the platform lets us: Mailchimp')
    .option('--renew', 'make another secret; the old one works no more')
    .action(async (id: string, options: Options) => {
      const { setup, fault } = await read(id, options);
      console.log(options.json ? JSON.stringify(setup, null, 2) : describe(setup).join('\n'));
      const isToldByUs = setup.body === null && !options.enter && !options.renew && fault === undefined;
      tell([fault], isToldByUs ? [`mergepix connection webhook ${id} --enter${where(options)}`] : []);
    });
}

const read = (
  id: string,
  { link = [], enter, renew, workspace: asked }: Options,
): Promise<{ readonly setup: WebhookSetup; readonly fault: string | undefined }> =>
  withServices(async (services, by) => {
    const { workspace } = by;
    const held = await heldConnection(services, workspace, id);
    const isRenewed = renew === true;
    const record = enter || isRenewed ? await watchConnection(services, by, held, { isRenewed }) : held;
    const pictures = await writeAddresses(services, record, link);
    await audit(services.records, { workspace, actor: by.id, action: 'webhook.read', subject: id, now: Date.now() });
    return { setup: describeWebhook(services, record, pictures), fault: unreachable(services) };
  }, asked);

const collect = (id: string, before: readonly string[] = []): readonly string[] => [...before, id];

const describe = ({ url, header, body }: WebhookSetup): string[] => [
  `URL: ${url}`,
  ...(header ? [`Header: ${header.name}: ${header.value}`] : []),
  ...(body === null ? [] : ['Body:', body]),
];
