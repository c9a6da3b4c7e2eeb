import { AppError } from '../../core/errors.ts';
import type { Trouble } from '../calls.ts';
import type { Credentials } from '../connector.ts';

type Facts = {
  /** 0 when nobody answered. */
  readonly status: number;
  /** The route as the library names it, such as `/lists/{list_id}/members`. */
  readonly path: string;
  /** Mailchimp's own name of the error; null when the answer was no JSON of theirs. */
  readonly title: string | null;
  readonly waitMs: number | null;
};

/** A call that was not answered well. It holds nothing of what was sent or answered but the error's name. */
export class MailchimpFailure extends Error {
  readonly facts: Facts;

  constructor(facts: Facts) {
    super(`Mailchimp answered ${facts.status} to ${facts.path}.`);
    this.facts = facts;
  }
}

/**
 * For the end of a call: null when Mailchimp says that there is no such thing, and what it failed with otherwise. Whoever is
 * missing is erased here, so that the 404 of what stands in front of Mailchimp, without its JSON, is not taken for it.
 */
export function unlessMissing(error: unknown): null {
  if (error instanceof MailchimpFailure && error.facts.status === 404 && error.facts.title !== null) return null;
  throw error;
}

/** Whether Mailchimp says that what it was sent is not right. */
export const isInvalid = (error: unknown): boolean => error instanceof MailchimpFailure && error.facts.status === 400;

/** What is wrong with an account, whatever is asked of it, by Mailchimp's name of it. */
const accountFaults: Readonly<Record<string, string>> = {
  'User Disabled': 'The user that this Mailchimp key belongs to is deactivated: use a key of another user.',
  'Account Disabled': 'This Mailchimp account is deactivated: log in to Mailchimp to see why.',
  'Wrong Datacenter': 'This key is of another Mailchimp data centre: copy it whole, with what follows its dash.',
  'Compliance Related': 'Mailchimp has locked this account for its compliance rules: log in to Mailchimp to see why.',
};

/** The routes by their beginning: what is missing there, or may not be used. */
const things = [
  { path: '/lists/{list_id}/segments/{segment_id}', one: 'segment', many: 'audiences' },
  { path: '/lists', one: 'audience', many: 'audiences' },
  { path: '/campaigns', one: 'campaign', many: 'campaigns' },
  { path: '/templates', one: 'template', many: 'templates' },
  { path: '', one: 'account', many: 'accounts' },
] as const;

/** What a failed call means, said to whoever looks after the account. */
export const explain =
  (kind: Credentials['kind']) =>
  (error: unknown): Trouble => {
    if (!(error instanceof MailchimpFailure)) throw error;
    const { status, path, title, waitMs } = error.facts;
    const thing = things.find((each) => path.startsWith(each.path)) ?? things[4];
    // Where they slow somebody down, a 403 comes without their own error.
    if (status === 429 || (status === 403 && title === null)) return { kind: 'throttled', waitMs };
    if (status === 401) return refused(unknown[kind]);
    if (status === 403 && title !== null)
      return refused(
        accountFaults[title] ??
          `The Mailchimp user that was connected may not use ${thing.many}: connect one with the role Manager or above.`,
      );
    if (status === 404 && title === null) return { kind: 'unavailable' };
    if (status === 404)
      return refused(`Mailchimp has no such ${thing.one} any more: look at which there are, and choose anew.`);
    if (status >= 400 && status < 500 && status !== 408)
      return refused(`Mailchimp refused what it was asked of this ${thing.one}: look at it there, then try again.`);
    return { kind: 'unavailable' };
  };

const unknown = {
  key: 'Mailchimp does not accept this API key: make a new one in the account, under API keys, and give it to the connection.',
  oauth: 'Mailchimp does not accept our access any more: connect the account anew.',
} satisfies Record<Credentials['kind'], string>;

const refused = (sentence: string): Trouble => ({
  kind: 'refused',
  error: new AppError('connection_refused', sentence),
});
