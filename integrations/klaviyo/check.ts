import { AppError } from '../../core/errors.ts';
import type { Account } from '../connector.ts';
import { type Apis, type CallName, type Client, calls, held } from './client.ts';
import { lacking } from './trouble.ts';

type Accounts = {
  readonly data: readonly {
    readonly id: string;
    readonly attributes?: { readonly contact_information?: { readonly organization_name?: string } };
  }[];
};

// Nothing of Klaviyo's has such an id.
const NOBODY = 'mergepix-none';
const template = { type: 'template', id: NOBODY };

/** One call for every scope, which reads next to nothing; what writes is about something that does not exist. */
const probes = [
  ['profiles', (apis) => apis.profiles().getProfiles({ pageSize: 1, fieldsProfile: ['id'] })],
  ['lists', (apis) => apis.lists().getLists({ pageSize: 1, fieldsList: ['id'] })],
  ['segments', (apis) => apis.segments().getSegments({ pageSize: 1, fieldsSegment: ['id'] })],
  [
    'startImport',
    (apis) =>
      apis.send('POST', '/api/profile-bulk-import-jobs', {
        data: { type: 'profile-bulk-import-job', attributes: { profiles: { data: [] } } },
      }),
  ],
  [
    'campaigns',
    (apis) =>
      apis.campaigns().getCampaigns("equals(messages.channel,'email')", { pageSize: 1, fieldsCampaign: ['id'] }),
  ],
  ['templates', (apis) => apis.templates().getTemplates({ pageSize: 1, fieldsTemplate: ['id'] })],
  [
    'changeTemplate',
    (apis) => apis.send('PATCH', `/api/templates/${NOBODY}`, { data: { ...template, attributes: {} } }),
  ],
  ['flows', (apis) => apis.flows().getFlows({ pageSize: 1, fieldsFlow: ['id'] })],
] as const satisfies readonly (readonly [
  CallName,
  (apis: Apis) => Promise<{ readonly response: { readonly data: unknown } }>,
])[];

/** Whose account it is, and what the key may not do there. Throws `connection_refused` for a key that opens nothing. */
export async function checkAccount(client: Client, signal: AbortSignal): Promise<Account> {
  const accounts = await client.ask<Accounts>('account', signal, (apis) => apis.accounts().getAccounts());
  const [account] = held(accounts, 'account').data;
  const { id, attributes } = held(account, 'account');
  const missing = await Promise.all(
    probes.map(async ([name, probe]) => {
      const { does, scopes } = calls[name];
      const sentence = lacking(does, scopes);
      try {
        await client.ask(name, signal, probe);
        return [];
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'connection_refused') throw error;
        // Refused for another reason, such as that there is nothing to write: then the key may.
        return error.message === sentence ? [sentence] : [];
      }
    }),
  );
  return { id, name: attributes?.contact_information?.organization_name ?? id, missing: missing.flat() };
}
