import type { Dialect } from './dialect.ts';
import { klaviyo } from './klaviyo.ts';
import { mailchimp } from './mailchimp.ts';

export type { Dialect } from './dialect.ts';

/** Every platform whose merge tags we write, by its id. */
export const dialects = { mailchimp, klaviyo } satisfies Record<string, Dialect>;

/** The id of a platform in `dialects`. */
export type DialectId = keyof typeof dialects;
