import { z } from 'zod';
import { about, accept, type Cleaned, checkOwnValues, describe, type FieldType, junk, refuse } from './field-type.ts';

/** Hosts an address may name: `cdn.example.com` exactly, `*.example.com` for all below it, with a port if it is an odd one. */
export const hosts = z
  .array(
    z.string().max(253).refine(isHostRule, 'expected a host such as cdn.example.com or *.example.com, in lower case'),
  )
  .max(100);

const schema = z
  .strictObject({
    type: z.literal('url'),
    ...about,
    fallback: z.string().max(2000).describe('Taken when the value is blank or wrong; may be empty.').optional(),
    sample: z.string().max(2000).describe('An example to draw in previews.').optional(),
    junk,
    hosts: hosts.describe('Hosts it may name; any, when absent.').optional(),
  })
  .superRefine((field, issues) => checkOwnValues(clean)(field, issues));

/** A web address (http or https, no user name or password), in canonical form. */
export const url = { schema, empty: '', clean } satisfies FieldType<typeof schema>;

function clean(raw: unknown, field: z.output<typeof schema>): Cleaned {
  const address = parseAddress(raw);
  if (!address) return refuse(`expected an address such as https://example.com/page, but received ${describe(raw)}`);
  const { hosts: rules } = field;
  if (rules && ![address.hostname, address.host].some((host) => isAllowedHost(host, rules)))
    return refuse(`expected an address on ${rules.join(' or ') || 'no host at all'}`);
  return accept(address.href);
}

/** An http(s) address of at most 2,000 characters without user name and password; undefined for anything else. */
export function parseAddress(raw: unknown): URL | undefined {
  if (typeof raw !== 'string' || raw.length > 2000 || !/^https?:\/\//i.test(raw) || !URL.canParse(raw))
    return undefined;
  const address = new URL(raw);
  return address.username === '' && address.password === '' && address.href.length <= 2000 ? address : undefined;
}

/** Whether a parsed host (`cdn.example.com`, `cdn.example.com:8443`) is on the list; never decided on a part of a text. */
export const isAllowedHost = (host: string, rules: readonly string[]): boolean =>
  rules.some((rule) =>
    rule.startsWith('*.') ? host.endsWith(rule.slice(1)) && host.length >= rule.length : host === rule,
  );

// A wildcard straight under a top-level domain would allow strangers.
function isHostRule(rule: string): boolean {
  const host = rule.replace(/^\*\./, '');
  // A port that is some scheme's own never stands in an address: the rule would match nothing.
  if (!/^[a-z0-9.-]+(?::(?!(?:80|443)$)[1-9]\d{0,4})?$/.test(host) || !URL.canParse(`http://${host}/`)) return false;
  return new URL(`http://${host}/`).host === host && (host === rule || host.includes('.'));
}
