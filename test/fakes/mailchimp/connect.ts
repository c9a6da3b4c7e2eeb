import type { Connector, Credentials } from '../../../integrations/connector.ts';
import { mailchimp } from '../../../integrations/mailchimp/index.ts';
import { createPace } from '../../../integrations/pace.ts';
import type { FakeAccount } from './account.ts';

type More = {
  readonly referenceField?: string;
  readonly by?: Credentials['kind'];
  /** Is given every pause in ms. */
  readonly pauses?: number[];
};

/** A connector for one account, whose turns and pauses take no time. */
export function connectTo(
  { url }: { readonly url: string },
  { apiKey, accessToken, dataCentre }: FakeAccount,
  { referenceField = 'MERGEPIX', by = 'key', pauses }: More = {},
): Promise<Connector> {
  const clock = {
    time: 0,
    now: () => clock.time,
    async sleep(ms: number, signal: AbortSignal) {
      signal.throwIfAborted();
      pauses?.push(ms);
      clock.time += ms;
    },
  };
  return mailchimp.connect({
    credentials:
      by === 'key'
        ? { kind: 'key', apiKey }
        : { kind: 'oauth', accessToken, refreshToken: null, expiresAt: null, server: dataCentre },
    referenceField,
    baseUrl: url,
    oauth: undefined,
    pace: createPace(mailchimp.limits, clock),
    latest: () => Promise.reject(new Error('Nothing of Mailchimp is ever renewed.')),
    keep: async () => {},
  });
}
