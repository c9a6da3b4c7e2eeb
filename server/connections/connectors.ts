import type { Connector } from '../../integrations/connector.ts';
import { createPace, type Pace, type SharedPace } from '../../integrations/pace.ts';
import type { Encryption } from '../access/encryption.ts';
import type { Config } from '../config.ts';
import { isLate, within } from '../deadline.ts';
import { type ConnectionRecord, findConnection, renewCredentials } from '../stores/records/connections.ts';
import type { Records } from '../stores/records/index.ts';
import { takePace } from '../stores/records/paces.ts';
import { openCredentials, sealCredentials } from './connection.ts';
import { type PlatformId, platforms } from './platforms.ts';

/** Opens connections: a client of its own for each, and one pace for each account, shared by every process. */
export type Connectors = {
  /** Throws `config_invalid` when the key its credentials were sealed with is not configured any more. */
  open(record: ConnectionRecord): Promise<Connector>;
};

type Parts = { readonly records: Records; readonly encryption: Encryption; readonly config: Pick<Config, 'platforms'> };

// A database that is away must not keep a platform waiting: then each process keeps to the limits by itself.
const SHARED_MS = 500;

/** Connectors of this process. */
export function createConnectors({ records, encryption, config }: Parts): Connectors {
  const paces = new Map<string, Pace>();
  const paceOf = (platform: PlatformId, account: string): Pace => {
    const key = `${platform}:${account}`;
    const pace =
      paces.get(key) ??
      createPace(platforms[platform].limits, undefined, account === '' ? undefined : sharedPace(records, key));
    // Before it is known whose the credentials are, nobody else's calls should wait for them.
    if (account !== '') paces.set(key, pace);
    return pace;
  };

  return {
    open(record) {
      const platform = record.platform as PlatformId;
      let { credentials } = record;
      return platforms[platform].connect({
        credentials: openCredentials(encryption, record),
        referenceField: record.reference_field,
        ...config.platforms[platform],
        pace: paceOf(platform, record.account),
        async latest() {
          const kept = await findConnection(records, record.workspace, record.id);
          credentials = kept?.credentials ?? credentials;
          return openCredentials(encryption, { ...record, credentials });
        },
        async keep(renewed) {
          const sealed = sealCredentials(encryption, record, renewed);
          await renewCredentials(records, { ...record, credentials }, sealed);
          credentials = sealed;
        },
      });
    },
  };
}

const sharedPace = (records: Records, account: string): SharedPace => ({
  async take(kind, flows) {
    const taken = await within(takePace(records, `${account}:${kind}`, flows, Date.now()), SHARED_MS).catch(() => 0);
    return isLate(taken) ? 0 : taken;
  },
});
