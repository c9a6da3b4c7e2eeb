import { activecampaign } from './activecampaign.ts';
import { braze } from './braze.ts';
import { brevo } from './brevo.ts';
import { campaignmonitor } from './campaignmonitor.ts';
import { constantcontact } from './constantcontact.ts';
import { customerio } from './customerio.ts';
import type { Dialect } from './dialect.ts';
import { hubspot } from './hubspot.ts';
import { instantly } from './instantly.ts';
import { iterable } from './iterable.ts';
import { kit } from './kit.ts';
import { klaviyo } from './klaviyo.ts';
import { lemlist } from './lemlist.ts';
import { mailchimp } from './mailchimp.ts';
import { mailerlite } from './mailerlite.ts';
import { marketingcloud } from './marketingcloud.ts';
import { marketo } from './marketo.ts';
import { sendgrid } from './sendgrid.ts';

export type { Dialect } from './dialect.ts';

/** Every platform whose merge tags we write, by its id: those with a connector first. */
export const dialects = {
  mailchimp,
  klaviyo,
  ...{ hubspot, brevo, activecampaign, sendgrid, customerio, braze, iterable, campaignmonitor },
  ...{ constantcontact, instantly, lemlist, mailerlite, kit, marketingcloud, marketo },
} satisfies Record<string, Dialect>;

/** The id of a platform in `dialects`. */
export type DialectId = keyof typeof dialects;
