import type { ZObject } from 'zapier-platform-core';

/** What the network says, and what to do about it. */
const REASONS: readonly { readonly codes: RegExp; readonly say: (host: string) => string }[] = [
  {
    codes: /^(?:ENOTFOUND|EAI_\w+)$/,
    say: (host) => `There is no host ${host}: check the spelling of the address.`,
  },
  {
    codes: /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/,
    say: (host) =>
      `${host} has no certificate that Zapier trusts: give it one for that very name, with its chain, from a public authority.`,
  },
  {
    codes: /^(?:EPROTO|ERR_SSL_\w+)$/,
    say: (host) => `${host} does not speak https at that port: check the port in the address.`,
  },
  {
    codes: /./,
    say: (host) =>
      `Nothing answers at ${host}: see whether Mergepix is running and open to the internet, then try again.`,
  },
];

/** An error for a request to a host that gave no answer; whatever else was thrown comes back as it is. */
export function explainFailure(z: ZObject, host: string, error: unknown): unknown {
  const { name, code } = error as { name?: string; code?: string };
  if (name !== 'FetchError' && name !== 'AbortError') return error;
  if (name === 'AbortError')
    return new z.errors.Error(`${host} did not answer in time: try again in a minute.`, 'timeout');
  const reason = REASONS.find(({ codes }) => codes.test(code ?? 'unknown'));
  return new z.errors.Error(reason?.say(host) ?? '', 'unreachable');
}
