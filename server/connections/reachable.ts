import { createAddressGuard } from '../outgoing/addresses.ts';
import type { Services } from '../services.ts';

const isPublicAddress = createAddressGuard([]);
// Names that mean something on one machine or in one network only.
const NEARBY = /^(?:[^.]+|.*\.(?:localhost|local|internal|lan|home\.arpa|test|invalid))\.?$/i;

/**
 * One sentence why nothing of ours may be written to a platform or placed in an email yet; undefined when it may, because
 * recipients reach this service by a public https address, or by a host the operator allowed by name, which is for trying
 * things out.
 */
export function unreachable({ publicUrl, config }: Pick<Services, 'publicUrl' | 'config'>): string | undefined {
  const { protocol, hostname } = new URL(publicUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (config.allowAddresses.includes(host)) return undefined;
  const isAddress = host.includes(':') || /^[\d.]+$/.test(host);
  const isPublic = isAddress ? isPublicAddress(host, 443) : !NEARBY.test(host);
  if (protocol === 'https:' && isPublic) return undefined;
  return 'Set MERGEPIX_PUBLIC_URL to the public https address of this service first.';
}
