import { createHash, randomBytes } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import type { OAuthClient } from '../../integrations/connector.ts';
import type { Services } from '../services.ts';
import { takeOnce } from '../stores/records/received.ts';
import { inTime } from './ask.ts';
import { connectAccount, editConnection } from './keep.ts';
import { checkFields } from './order.ts';
import { type PlatformId, platforms } from './platforms.ts';

type Authorizing = Pick<Services, 'records' | 'encryption' | 'connectors' | 'config' | 'publicUrl' | 'workspaces'>;

/** Who wants which account connected, under what name; `connection` when one is to be renewed. */
export type Wish = {
  readonly workspace: string;
  readonly actor: string;
  readonly platform: PlatformId;
  readonly name?: string | undefined;
  readonly referenceField?: string | undefined;
  readonly connection?: string | undefined;
};

/** A wish on its way through somebody's browser; sealed, for nobody there may read or change it. */
type State = Wish & { readonly nonce: string; readonly verifier: string; readonly until: number };

/** Where platforms send the browser back to, below the public address. */
export const CALLBACK_PATH = '/v1/connections/callback';
const STATE_MS = 15 * 60_000;
const SEALED_FOR = 'connection-authorize';
// In the place of the id of a connection, of which there is none yet.
const RECEIVER = 'authorize';

const random = () => randomBytes(32).toString('base64url');

/**
 * Where somebody allows our app to work with their account, until `expiresAt`. Throws `request_invalid` when this
 * installation is not registered with the platform, and for a reference field that it cannot have.
 */
export function beginWish(services: Authorizing, wish: Wish): { readonly url: string; readonly expiresAt: number } {
  const { client, baseUrl } = registration(services, wish.platform);
  const { authorizeUrl, dialect } = platforms[wish.platform];
  // Nobody should go there and back to hear of it.
  checkFields(wish.platform, { mapping: {}, referenceField: wish.referenceField ?? dialect.referenceField });
  const state: State = { ...wish, nonce: random(), verifier: random(), until: Date.now() + STATE_MS };
  const url = authorizeUrl({
    ...{ client, baseUrl, redirectUrl: services.publicUrl + CALLBACK_PATH },
    state: services.encryption.seal(JSON.stringify(state), SEALED_FOR),
    challenge: createHash('sha256').update(state.verifier).digest('base64url'),
  });
  return { url, expiresAt: state.until };
}

/** What a wish came to. */
export type Granted = { readonly platform: PlatformId; readonly account: string; readonly missing: readonly string[] };

/**
 * Connects the account whose owner came back with a code. Throws `request_invalid` for a state that is not ours, is too old or
 * was used before, and whatever `connectAccount` does.
 */
export async function grantWish(
  services: Authorizing,
  { state: text, code }: { readonly state: string; readonly code: string | undefined },
): Promise<Granted> {
  const wish = readState(services, text);
  const { title } = platforms[wish.platform];
  if (Date.now() > wish.until || (await services.workspaces.get(wish.workspace))?.isClosed !== false) throw begin();
  if (code === undefined)
    throw new AppError(
      'connection_refused',
      `${title} was not allowed to connect: if that was a mistake, ask for a new address.`,
    );
  const { client, baseUrl } = registration(services, wish.platform);
  if (!(await takeOnce(services.records, { connection: RECEIVER, digest: wish.nonce, at: Date.now() }))) throw begin();
  const credentials = await inTime(title, (signal) =>
    platforms[wish.platform].exchange(
      { client, baseUrl, redirectUrl: services.publicUrl + CALLBACK_PATH, code, verifier: wish.verifier },
      signal,
    ),
  );
  const by = { workspace: wish.workspace, id: wish.actor };
  if (wish.connection !== undefined) {
    const { name } = await editConnection(services, by, wish.connection, { credentials });
    return { platform: wish.platform, account: name, missing: [] };
  }
  const { platform, name, referenceField } = wish;
  const { account } = await connectAccount(services, by, { platform, name, referenceField, credentials });
  return { platform, account: account.name, missing: account.missing };
}

const begin = () =>
  new AppError('request_invalid', 'This address was used before, or took too long: ask for a new one.');

function readState({ encryption }: Authorizing, text: string): State {
  try {
    return JSON.parse(encryption.open(text, SEALED_FOR)) as State;
  } catch (cause) {
    throw new AppError('request_invalid', 'This address is not whole: ask for a new one, and open it as it is.', {
      cause,
    });
  }
}

function registration(
  { config }: Authorizing,
  platform: PlatformId,
): { client: OAuthClient; baseUrl: string | undefined } {
  const { oauth, baseUrl } = config.platforms[platform];
  if (oauth) return { client: oauth, baseUrl };
  const name = `MERGEPIX_${platform.toUpperCase()}_CLIENT`;
  throw new AppError(
    'request_invalid',
    `This installation is not registered with ${platforms[platform].title}: set ${name}_ID and ${name}_SECRET, or connect with an API key.`,
  );
}
