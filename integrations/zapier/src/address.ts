import type { Bundle, ZObject } from 'zapier-platform-core';

/** A loopback address that may be used over http, for tests of this app: never set where Zapier runs it. */
const LOOPBACK = 'MERGEPIX_ALLOW_LOOPBACK';

/**
 * Where the installation of a connection is, as `https://img.example.com`. Whatever people paste of it will do, as long
 * as it is one: throws a sentence that says what to change.
 */
export function originOf(z: ZObject, { authData }: Pick<Bundle, 'authData'>): string {
  const refuse = (message: string) => new z.errors.Error(message, 'address_invalid');
  const given = (authData.base_url ?? '').trim();
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(given) ? given : `https://${given}`;
  if (!URL.canParse(text))
    throw refuse('Fill in the address of your Mergepix installation, such as https://img.example.com.');
  const { protocol, hostname, origin, username, password } = new URL(text);
  const isLoopback = hostname !== '' && hostname === process.env[LOOPBACK];
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback))
    throw refuse('Begin the address with https://, since your API key is sent there and nobody else may read it.');
  if (username !== '' || password !== '')
    throw refuse('Leave the user name and password out of the address: the API key says who you are.');
  if (/^(?:localhost|127\.[\d.]+|\[::1\]|0\.0\.0\.0)$/.test(hostname) && !isLoopback)
    throw refuse('Use an address that the internet can reach: Zapier cannot see your own computer.');
  return origin;
}
