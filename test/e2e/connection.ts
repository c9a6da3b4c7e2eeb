import { sealCredentials, sealHandle, sealWebhookSecrets } from '../../server/connections/connection.ts';
import { addConnection, findConnection } from '../../server/stores/records/connections.ts';
import { queueSync } from '../../server/syncs/order.ts';
import type { TestService } from './service.ts';

/** Keeps a connection to Klaviyo with one contact, without a platform to ask. */
export async function keepConnection({ services }: TestService, contact: string, name = 'Shop'): Promise<string> {
  const { records, encryption } = services;
  const of = { workspace: 'default', id: `to-${contact}`.slice(0, 16) };
  await addConnection(records, {
    ...of,
    ...{ name, platform: 'klaviyo', account: 'AbC123', reference_field: 'mergepix' },
    credentials: sealCredentials(encryption, of, { kind: 'key', apiKey: 'pk_of_nobody' }),
    ...{ audiences: '[]', mapping: '{"first_name":"first_name"}' },
    webhook_secret: sealWebhookSecrets(encryption, of, { secret: 'a-secret', signing: [] }),
    ...{ sync_minutes: null, synced_from: null, full_from: null, next_sync_at: null, error: null },
    ...{ warm_sends: 1, look_at: null },
    ...{ created_by: 'admin', created_at: 1 },
  });
  const handle = sealHandle(encryption, { workspace: of.workspace, id: contact }, 'profile-1');
  await records
    .insertInto('connection_contacts')
    .values({
      ...{ connection: of.id, contact, workspace: of.workspace, handle, digest: 'd', state: 'active', seen: 's' },
      ...{ reference: 'wanted', job: null },
    })
    .execute();
  return of.id;
}

/** Keeps a sync of a connection that nobody does. */
export async function keepSync({ services: { records } }: TestService, connection: string): Promise<string> {
  const record = await findConnection(records, 'default', connection);
  const jobs = { add: async () => '' };
  const sync = record && (await queueSync({ jobs } as never, records, record, { mode: 'full', by: 'admin', now: 1 }));
  if (!sync) throw new Error('the sync was not kept');
  return sync.id;
}
