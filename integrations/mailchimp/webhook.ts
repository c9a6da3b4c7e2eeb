import { AppError } from '../../core/errors.ts';
import type { IncomingWebhook, PlatformEvent } from '../connector.ts';
import { listsOf } from './map.ts';
import { memberHandle, memberKey } from './member.ts';

const LIST = /^\w{1,40}$/;
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,190}$/;
const DAYS = 86_400_000;

/** Where the address of each kind of event stands. Others, such as a campaign that was sent, are about nobody. */
const kinds: Readonly<Record<string, { readonly email: string; readonly former?: string }>> = {
  subscribe: { email: 'data[email]' },
  unsubscribe: { email: 'data[email]' },
  profile: { email: 'data[email]' },
  cleaned: { email: 'data[email]' },
  upemail: { email: 'data[new_email]', former: 'data[old_email]' },
};

/** What Mailchimp posts when somebody is changed in a list: a form, with the second in which that was. */
export const webhook: IncomingWebhook = {
  secretIn: 'query',
  signatureHeader: 'x-mailchimp-signature',
  sameForMs: 7 * DAYS,
  read(body, audiences) {
    const form = new URLSearchParams(body);
    const type = form.get('type');
    const kind = type !== null && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    if (!kind) return null;
    const list = form.get('data[list_id]') ?? '';
    if (!LIST.test(list)) throw refusal();
    if (audiences.length > 0 && !listsOf(audiences).includes(list)) return null;
    return {
      ...memberOf(list, form.get(kind.email)),
      former: kind.former === undefined ? null : memberOf(list, form.get(kind.former)),
      isDeletion: type === 'unsubscribe' && form.get('data[action]') === 'delete',
      isMember: audiences.length === 0 || audiences.includes(list),
      pictures: [],
    };
  },
  bodyFor: () => null,
};

function memberOf(list: string, email: string | null): Pick<PlatformEvent, 'key' | 'handle'> {
  if (email === null || !EMAIL.test(email)) throw refusal();
  return { key: memberKey(list, email), handle: memberHandle(list, email) };
}

const refusal = () => new AppError('request_invalid', 'Send what Mailchimp sends when a member of a list is changed.');
