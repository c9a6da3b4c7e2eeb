import { AppError } from '../../core/errors.ts';
import type { IncomingWebhook } from '../connector.ts';

const PROFILE = /^[\w-]{1,64}$/;
const MAX_PICTURES = 10;
const MINUTES = 60_000;

/**
 * The webhook step of a flow: JSON with the id of the profile that came to it, and the addresses of the pictures in the
 * email that follows. In them the flow's own tags are URL-encoded, so that no value of an event can break the JSON.
 */
export const webhook: IncomingWebhook = {
  secretIn: 'header',
  signatureHeader: null,
  // A profile may come to the same step again another day.
  sameForMs: 10 * MINUTES,
  read(body) {
    const { profile, pictures = [] } = parse(body);
    const areTexts = Array.isArray(pictures) && pictures.every((picture) => typeof picture === 'string');
    if (typeof profile !== 'string' || !PROFILE.test(profile) || !areTexts || pictures.length > MAX_PICTURES)
      throw refusal();
    // Whoever is in the flow gets its email, in whatever lists they are.
    return { key: profile, handle: profile, former: null, isDeletion: false, isMember: true, pictures };
  },
  bodyFor: (pictures) => JSON.stringify({ profile: '{{ person.KlaviyoID }}', pictures }, null, 2),
};

function parse(body: string): { readonly profile?: unknown; readonly pictures?: unknown } {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // As below.
  }
  throw refusal();
}

const refusal = () =>
  new AppError(
    'request_invalid',
    'Send {"profile": "{{ person.KlaviyoID }}", "pictures": [addresses of at most ten pictures]} as JSON.',
  );
