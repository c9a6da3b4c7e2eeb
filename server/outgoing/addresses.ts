import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

// What ipaddr.js calls unicast although nobody outside should reach it.
const exceptions = [
  ['168.63.129.16', 32], // the metadata and health address of Azure
  ['::', 96], // v4-compatible: the rest is an IPv4 address in disguise
].map(([address, bits]) => [ipaddr.parse(String(address)), Number(bits)] as const);

/** Whether a connection to an address (v4 or v6, as text) and port may be made. */
export type AddressGuard = (address: string, port: number) => boolean;

/**
 * Makes a guard that lets through public addresses on ports 80 and 443, and the addresses or CIDR ranges of `allow` on
 * any port. What is not an address is refused.
 */
export function createAddressGuard(allow: readonly string[]): AddressGuard {
  const ranges = allow.map((entry): [Address, number] => {
    if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry);
    const address = ipaddr.process(entry);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  });
  return (text, port) => {
    if (!ipaddr.isValid(text) || text.includes('%')) return false;
    // `process` turns ::ffff:10.0.0.1 into 10.0.0.1, so that the rules for v4 see it. A dotted tail is spelt in hex
    // first, for ipaddr.js takes ::8.8.8.8 for a mapped address, which it is not.
    const address = ipaddr.process(text.includes(':') ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text);
    return ranges.some((range) => inside(address, range)) || (isPublic(address) && (port === 80 || port === 443));
  };
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  if (exceptions.some(([network, bits]) => inside(address, [network, bits]))) return false;
  // ISATAP hides an IPv4 address behind any prefix: interface identifier 0:5efe or 200:5efe.
  if (address.kind() === 'ipv6') {
    const parts = (address as ipaddr.IPv6).parts;
    if (parts[5] === 0x5efe && (parts[4] === 0 || parts[4] === 0x200)) return false;
  }
  return true;
}

const inside = (address: Address, [network, bits]: readonly [Address, number]): boolean =>
  address.kind() === network.kind() && address.match(network, bits);
