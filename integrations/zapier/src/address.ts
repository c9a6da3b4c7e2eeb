import type { Bundle, ZObject } from 'zapier-platform-core';

/** A loopback address that may be used over http, for tests of this app: never set where Zapier runs it. */
const LOOPBACK = 'MERGEPIX_ALLOW_LOOPBACK';

// URL writes every address of a loopback or private network in one of these ways.
const PRIVATE =
  /^(?:localhost|.*\.(?:localhost|local|internal)|(?:0|10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.[\d.]+|\[.*\])\.?$/;
// What people copy the address from: the studio, the documents, the address of a picture.
const PAGE = /\/+(?:(?:(?:studio|docs|v1|openapi\.json)(?:\/.*)?|[ip]\/.+))?$/;

/**
 * Where the installation of a connection is, as `https://img.example.com`, or with a path where it shares a host. The address of any
 * page or picture of it will do. Throws a sentence that says what to change.
 */
export function addressOf(z: ZObject, { authData }: Pick<Bundle, 'authData'>): string {
  const refuse = (message: string) => new z.errors.Error(message, 'address_invalid');
  const given = (authData.base_url ?? '').trim();
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(given) ? given : `https://${given}`;
  if (!URL.canParse(text))
    throw refuse('Fill in the address of your Mergepix installation, such as https://img.example.com.');
  const { protocol, hostname, origin, pathname, username, password } = new URL(text);
  const isAllowed = hostname !== '' && hostname === process.env[LOOPBACK];
  if (PRIVATE.test(hostname) && !isAllowed)
    throw refuse('Use an address that the internet reaches: Zapier cannot see your own computer or network.');
  if (protocol !== 'https:' && !(protocol === 'http:' && isAllowed))
    throw refuse('Begin the address with https://: your API key is sent there, and nobody else may read it.');
  if (username !== '' || password !== '')
    throw refuse('Leave the user name and password out of the address: the API key says who you are.');
  return origin + pathname.replace(PAGE, '');
}
