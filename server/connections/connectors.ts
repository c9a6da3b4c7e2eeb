import type { Connector } from '../../integrations/connector.ts';
import { createPace, type Pace } from '../../integrations/pace.ts';
import type { Encryption } from '../access/encryption.ts';
import type { Config } from '../config.ts';
import { type ConnectionRecord, findConnection, renewCredentials } from '../stores/records/connections.ts';
import type { Records } from '../stores/records/index.ts';
import { openCredentials, sealCredentials } from './connection.ts';
import { type PlatformId, platforms } from './platforms.ts';

/** Opens connections: a client of its own for each, and one pace for each account. */
export type Connectors = {
  /** Throws `config_invalid` when the key its credentials were sealed with is not configured any more. */
  open(record: ConnectionRecord): Promise<Connector>;
};

type Parts = { readonly records: Records; readonly encryption: Encryption; readonly config: Pick<Config, 'platforms'> };

/** Connectors of this process. */
export function createConnectors({ records, encryption, config }: Parts): Connectors {
  const paces = new Map<string, Pace>();
  const paceOf = (platform: PlatformId, account: string): Pace => {
    const key = `${platform}:${account}`;
    const pace = paces.get(key) ?? createPace(platforms[platform].limits);
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
