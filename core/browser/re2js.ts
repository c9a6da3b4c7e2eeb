import type { RE2JS as Engine } from 're2js';

// Stands for `re2js` wherever the core is bundled for browsers (`#re2js` in package.json): few templates have a pattern,
// and the engine is a third as large as all the rest.

/** The engine of patterns; there once `loadRe2js` has resolved. */
export let RE2JS: typeof Engine;

/** Makes patterns something that can be judged. Rejects when the engine cannot be had. */
export async function loadRe2js(): Promise<void> {
  ({ RE2JS } = await import('re2js'));
}
