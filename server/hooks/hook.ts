import type { Encryption } from '../access/encryption.ts';
import type { HookRecord } from '../stores/records/hooks.ts';
import type { EventChoice } from './events.ts';

/** A hook, opened. */
export type Hook = {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly only: EventChoice;
  readonly secret: string;
  readonly createdAt: number;
  readonly disabledAt: number | null;
};

const contextOf = (part: 'url' | 'secret', workspace: string, id: string) => `hook-${part}:${workspace}:${id}`;

/** Seals a hook into its record. */
export const sealHook = (encryption: Encryption, workspace: string, hook: Hook): HookRecord => ({
  id: hook.id,
  workspace,
  url: encryption.seal(hook.url, contextOf('url', workspace, hook.id)),
  events: JSON.stringify(hook.events),
  secret: encryption.seal(hook.secret, contextOf('secret', workspace, hook.id)),
  only: JSON.stringify(hook.only),
  created_at: hook.createdAt,
  disabled_at: hook.disabledAt,
});

/** What a hook's record asks for, which is not sealed. */
export const choiceOf = ({ events, only }: Pick<HookRecord, 'events' | 'only'>): Pick<Hook, 'events' | 'only'> => ({
  events: JSON.parse(events) as string[],
  only: JSON.parse(only) as EventChoice,
});

/** Opens a hook's record. Throws `config_invalid` when its key is not configured any more. */
export const openHook = (encryption: Encryption, record: HookRecord): Hook => ({
  id: record.id,
  url: encryption.open(record.url, contextOf('url', record.workspace, record.id)),
  ...choiceOf(record),
  secret: encryption.open(record.secret, contextOf('secret', record.workspace, record.id)),
  createdAt: record.created_at,
  disabledAt: record.disabled_at,
});

/**
 * What callbacks of a workspace are signed with, one for each encryption key: callback addresses come with single
 * requests, so they have no secret of their own. The first is the one to show.
 */
export const callbackSecrets = (encryption: Encryption, workspace: string): readonly string[] =>
  encryption.fingerprints(workspace, 'callback secret').map((print) => `whs_${print}`);
