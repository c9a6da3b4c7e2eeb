import type { Platform } from '../../integrations/connector.ts';
import { klaviyo } from '../../integrations/klaviyo/index.ts';
import { mailchimp } from '../../integrations/mailchimp/index.ts';

/** Every platform whose accounts can be connected, by the id of its dialect. */
export const platforms = { klaviyo, mailchimp } satisfies Record<string, Platform>;

/** The id of a platform in `platforms`. */
export type PlatformId = keyof typeof platforms;
