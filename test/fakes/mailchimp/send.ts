import { type Escaping, fillAs } from '../platforms.ts';
import type { FakeAccount, FakeCampaign, FakeList, FakeMember } from './account.ts';
import { htmlOf } from './campaigns.ts';

/** One email as it left. */
export type SentMail = { readonly email: string; readonly html: string };

/** Parts of an address, and whatever is no text, as mail shows them. */
const asText = (value: unknown): string =>
  typeof value === 'object' && value !== null ? Object.values(value).filter(Boolean).join(' ') : String(value ?? '');

/** "defaults live in the field": an empty one shows what the audience has for it. A field nobody has renders empty. */
const profileOf = (list: FakeList, member: FakeMember, campaign: FakeCampaign): Record<string, string> => ({
  ...Object.fromEntries(
    list.mergeFields.map(({ tag, default_value }) => [tag, asText(member.fields[tag]) || default_value]),
  ),
  EMAIL: member.email,
  CAMPAIGN_UID: campaign.id,
});

const listOf = (account: FakeAccount, campaign: FakeCampaign): FakeList => {
  const list = account.lists.get(campaign.list);
  if (!list) throw new Error(`The campaign goes to no audience of ${account.name}`);
  return list;
};

/** What every subscribed member it goes to gets. Only a saved segment narrows it down here. */
export function* sendCampaign(
  account: FakeAccount,
  campaign: FakeCampaign,
  escaping: Escaping = 'escapes',
): Generator<SentMail> {
  const list = listOf(account, campaign);
  const segment = list.segments.find(({ id }) => id === campaign.segmentOpts?.saved_segment_id);
  const html = htmlOf(account, campaign);
  for (const member of list.members.values())
    if (member.status === 'subscribed' && (!segment || segment.has(member)))
      yield { email: member.email, html: fillAs('mailchimp', html, profileOf(list, member, campaign), escaping) };
  campaign.status = 'sent';
}

/** "Tests show `<< Test First Name >>`": no contact is filled in. */
export function sendTest(account: FakeAccount, campaign: FakeCampaign, escaping: Escaping = 'escapes'): string {
  const names = listOf(account, campaign).mergeFields.map(({ tag, name }) => [tag, `<< Test ${name} >>`]);
  return fillAs('mailchimp', htmlOf(account, campaign), Object.fromEntries(names), escaping);
}
