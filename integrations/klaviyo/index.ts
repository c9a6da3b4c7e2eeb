import { klaviyo as dialect } from '../../core/links/dialects/klaviyo.ts';
import type { Platform } from '../connector.ts';
import { webhook } from './webhook.ts';

/** Klaviyo. */
export const klaviyo: Platform = {
  title: 'Klaviyo',
  dialect,
  limits: {},
  needsAudience: false,
  webhook,
  keyFault: () => undefined,
  connect: () => Promise.reject(new Error()),
  authorizeUrl: () => '',
  exchange: () => Promise.reject(new Error()),
};
