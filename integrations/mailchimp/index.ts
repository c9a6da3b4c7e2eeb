import { mailchimp as dialect } from '../../core/links/dialects/mailchimp.ts';
import type { Platform } from '../connector.ts';
import { webhook } from './webhook.ts';

/** Mailchimp. */
export const mailchimp: Platform = {
  title: 'Mailchimp',
  dialect,
  limits: {},
  needsAudience: true,
  webhook,
  keyFault: () => undefined,
  connect: () => Promise.reject(new Error()),
  authorizeUrl: () => '',
  exchange: () => Promise.reject(new Error()),
};
