import type { Dialect } from '../core/links/dialects/index.ts';
import type { EmailBlock } from '../core/links/place.ts';
import type { Limit, Pace } from './pace.ts';

/**
 * What opens an account: a key that its owner made, or tokens of an app they allowed. `expiresAt` is in ms since 1970;
 * tokens that never end have none. `server` is Mailchimp's data centre, which its keys name themselves.
 */
export type Credentials =
  | { readonly kind: 'key'; readonly apiKey: string }
  | {
      readonly kind: 'oauth';
      readonly accessToken: string;
      readonly refreshToken: string | null;
      readonly expiresAt: number | null;
      readonly server?: string;
    };

/** The installation's own registration with a platform, for OAuth. */
export type OAuthClient = { readonly id: string; readonly secret: string };

/** What a connector is made of. Two of them share nothing but what they are given. */
export type ConnectorOptions = {
  readonly credentials: Credentials;
  /** The property or merge field of this connection that holds our contact references. */
  readonly referenceField: string;
  /** In place of the platform's own address, without a trailing slash: a proxy on the way out, or a stand-in. */
  readonly baseUrl: string | undefined;
  readonly oauth: OAuthClient | undefined;
  /** The pace of the account, shared by everything in this process that works for it. */
  readonly pace: Pace;
  /** The credentials as they are kept now: somebody else may have renewed them. */
  latest(): Promise<Credentials>;
  /** Keeps renewed tokens; they are used once it is done. */
  keep(renewed: Credentials): Promise<void>;
};

/** The account as its platform knows it, and what the credentials may not do there, one sentence each. */
export type Account = { readonly id: string; readonly name: string; readonly missing: readonly string[] };

/** A list or segment of contacts. */
export type Audience = {
  readonly id: string;
  readonly kind: 'list' | 'segment';
  readonly name: string;
  readonly contacts: number | null;
};

/** A field of the platform's contacts, by the name its tags use, such as `FNAME`, `first_name` or `Favourite City`. */
export type PlatformField = {
  readonly tag: string;
  readonly title: string;
  readonly type: 'text' | 'number' | 'boolean' | 'date' | 'url' | 'other';
};

/** A contact as its platform tells it. */
export type PlatformContact = {
  /** What nobody else in the account has, for ever: a digest of it is kept. */
  readonly key: string;
  /** What the platform finds the contact by, for `find`, `gone` and `writeReferences`; sealed where it is kept. */
  readonly handle: string;
  /** Whoever is not `active` gets no mail any more. */
  readonly state: 'active' | 'unsubscribed';
  /** False when it may be none of the audiences': whoever knows the members decides. */
  readonly isMember: boolean;
  /** By tag: those asked for, where they have a value. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What stands in the reference field now. */
  readonly reference: string | null;
};

/** Which contacts to read: members of these audiences (everybody when there are none), since then, with these fields. */
export type ContactsOrder = {
  readonly audiences: readonly string[];
  /** ms since 1970: only what was changed or joined since; everything when null. */
  readonly since: number | null;
  /** Of a page: what comes after it. */
  readonly cursor: string | null;
  readonly tags: readonly string[];
  readonly signal: AbortSignal;
};

/** One page; `cursor` is null on the last one. `total` is how many contacts there are in all, where that is known. */
export type ContactsPage = {
  readonly contacts: readonly PlatformContact[];
  readonly cursor: string | null;
  readonly total: number | null;
};

/** One reference to be written. */
export type ReferenceEntry = { readonly handle: string; readonly reference: string };

/** What became of a write: those refused, with the platform's reason; the others stand, or will once `job` is done. */
export type Written = {
  readonly job: string | null;
  readonly refused: readonly { readonly handle: string; readonly reason: string }[];
};

/** A campaign that is going to be sent. Times are in ms since 1970. */
export type PlannedSend = {
  readonly id: string;
  readonly name: string;
  readonly sendAt: number;
  /** When the first recipient gets it: earlier than `sendAt` where it goes by their own time zones. */
  readonly firstAt: number;
  readonly included: readonly string[];
  readonly excluded: readonly string[];
  /** What to know of it, one sentence each. */
  readonly notes: readonly string[];
};

/** What an email's block is put into. `section` is the name of an editable area of a Mailchimp template. */
export type PlaceTarget =
  | { readonly kind: 'template' | 'universal-content' | 'flow-message'; readonly id: string }
  | { readonly kind: 'campaign'; readonly id: string; readonly section?: string | undefined };

/** A part of the target as it was and as it is now, for a look at the difference. */
export type PlaceChange = { readonly part: string; readonly before: string; readonly after: string };

/** What was, or with a dry run would be, changed; nothing when the block stands there already. `notes` say what is left to do by hand. */
export type Placed = { readonly changes: readonly PlaceChange[]; readonly notes: readonly string[] };

/**
 * An account on a platform. Every call waits for its turn, has a deadline, is repeated while that makes sense, and throws
 * `connection_refused` with a sentence for its owner, or `platform_unavailable` when the platform does not answer for long.
 */
export type Connector = {
  readonly dialect: Dialect;
  /** How many references may be written at a time. */
  readonly writesAtOnce: number;
  check(signal: AbortSignal): Promise<Account>;
  audiences(signal: AbortSignal): AsyncIterable<Audience>;
  /** Fields that contacts of the audiences have. */
  fields(audiences: readonly string[], signal: AbortSignal): Promise<readonly PlatformField[]>;
  /** Pages to the end, whatever their number; a contact may come more than once. */
  contacts(order: ContactsOrder): AsyncIterable<ContactsPage>;
  /** One contact; null when the platform has it no more. */
  find(handle: string, tags: readonly string[], signal: AbortSignal): Promise<PlatformContact | null>;
  /** Keys of the contacts with that email address: one at most, or one in each list of the audiences. */
  keysOf(email: string, audiences: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** Those of the contacts that the platform has no more. */
  gone(handles: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** Makes sure of the reference field. Throws `connection_refused` when one of that name is of another type. */
  ensureField(audiences: readonly string[], signal: AbortSignal): Promise<void>;
  /** At most `writesAtOnce`; never adds, subscribes or re-subscribes anybody. */
  writeReferences(entries: readonly ReferenceEntry[], signal: AbortSignal): Promise<Written>;
  /** Looks after a job of `writeReferences`: undefined while it is under way. */
  written(job: string, signal: AbortSignal): Promise<Written['refused'] | undefined>;
  /**
   * Has the platform call the webhook at `url` whenever somebody is changed in one of the audiences, though not by us.
   * Gives the secrets it will sign with, where it told any just now. Doing it again changes nothing; what calls the same
   * path with another query was ours before, and goes. Only where it can.
   */
  watch?(url: string, audiences: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** Campaigns whose first recipient gets them between the two times. */
  sends(window: { readonly from: number; readonly to: number }, signal: AbortSignal): AsyncIterable<PlannedSend>;
  /**
   * What a planned send will show, as far as it may hold addresses of pictures: HTML, or JSON that holds HTML. Nothing when
   * the platform has it no more.
   */
  emails(send: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Whether a send that is not planned any more goes out or has done so; false when it was taken back. */
  hasBegun(send: string, signal: AbortSignal): Promise<boolean>;
  /** Puts the block in, or with `dryRun` only tells what would change. Throws `place_refused`. */
  place(target: PlaceTarget, block: EmailBlock, dryRun: boolean, signal: AbortSignal): Promise<Placed>;
};

/** What a webhook says: somebody was changed on the platform, entered a flow or is gone. It is looked up there before it is believed. */
export type PlatformEvent = {
  readonly key: string;
  readonly handle: string;
  /** Under what the same contact was known before, when that has changed. */
  readonly former: { readonly key: string; readonly handle: string } | null;
  /** The platform says that it has the contact no more. */
  readonly isDeletion: boolean;
  /** That it is told shows that the contact is one of the audiences'. */
  readonly isMember: boolean;
  /** Addresses of pictures that the contact is about to be shown, as the platform filled them in. */
  readonly pictures: readonly string[];
};

/** How a platform calls us. */
export type IncomingWebhook = {
  /** Where our secret is, since not every platform sends headers of our choice. */
  readonly secretIn: 'query' | 'header';
  /** The header, in lower case, with its signature `t=<seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`; null when it signs nothing. */
  readonly signatureHeader: string | null;
  /** For how many ms the same body can only be the same event, told again. */
  readonly sameForMs: number;
  /** Reads a body: null when it is about nobody of the audiences; throws `request_invalid` for what the platform would not send. */
  read(body: string, audiences: readonly string[]): PlatformEvent | null;
  /** What to send, with the platform's tags, so that these pictures are made before they are shown; null where it decides itself. */
  bodyFor(pictures: readonly string[]): string | null;
};

/** Where somebody allows our app, and what for. `state` comes back as it is; `challenge` is of PKCE, S256. */
export type AuthorizeOrder = {
  readonly client: OAuthClient;
  readonly baseUrl: string | undefined;
  readonly redirectUrl: string;
  readonly state: string;
  readonly challenge: string;
};

/** What the platform sent them back with, to be exchanged for tokens. */
export type ExchangeOrder = Omit<AuthorizeOrder, 'state' | 'challenge'> & {
  readonly code: string;
  readonly verifier: string;
};

/** A platform: how its accounts are connected. Adding one is a folder here and a line in the table of the server. */
export type Platform = {
  readonly title: string;
  readonly dialect: Dialect;
  /** Names of fields that can be kept of a contact: what its tags have, and parts of it that no tag shows. */
  readonly fieldPattern: RegExp;
  /** By kind of call, for the pace of an account. */
  readonly limits: Readonly<Record<string, Limit>>;
  /** Whether contacts live in audiences only, so that at least one has to be chosen. */
  readonly needsAudience: boolean;
  readonly webhook: IncomingWebhook;
  /** One sentence when no field of that name can hold references: the platform's own hold something else. */
  referenceFault(field: string): string | undefined;
  /** One sentence when a text cannot be an API key of the platform, before it is sent anywhere. */
  keyFault(apiKey: string): string | undefined;
  /** Opens nothing yet: the first call tells whether the credentials are any good. */
  connect(options: ConnectorOptions): Promise<Connector>;
  authorizeUrl(order: AuthorizeOrder): string;
  /** Throws `connection_refused`. */
  exchange(order: ExchangeOrder, signal: AbortSignal): Promise<Credentials>;
};
