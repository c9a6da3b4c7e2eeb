import { AppError } from '../../core/errors.ts';
import { verifyToken } from '../../core/links/token.ts';
import { parseImagePath } from '../../core/links/url.ts';
import { type Link, readLink } from '../links/link.ts';
import type { Services } from '../services.ts';
import { listUsedLinks } from '../stores/records/links.ts';
import type { Expected } from '../warmups/expected.ts';
import type { Connection } from './connection.ts';

/** A picture that a contact is expected to ask for. */
export type ExpectedPicture = { readonly link: Link; readonly how: Omit<Expected, 'contact'> };

const USED_MS = 30 * 86_400_000;
const MAX_LINKS = 5;

/** Of addresses, as a platform filled them in, those that are of links of the connection's workspace. */
export async function namedPictures(
  { links, signingKeys }: Pick<Services, 'links' | 'signingKeys'>,
  { workspace }: Pick<Connection, 'workspace'>,
  addresses: readonly string[],
): Promise<ExpectedPicture[]> {
  const found: ExpectedPicture[] = [];
  for (const text of addresses) {
    const address = readAddress(text, signingKeys);
    const link = address && (await links.get(address.id));
    if (address && link?.workspace === workspace) found.push({ link, how: address.how });
  }
  return found;
}

function readAddress(text: string, keys: Services['signingKeys']) {
  try {
    const { token, format, scale, open } = parseImagePath(text.replace(/^https?:\/\/[^/?#]*/i, ''));
    const { kind, id } = verifyToken(token, keys);
    return kind === 'link' ? { id, how: { format, open, ...(scale !== undefined && { scale }) } } : undefined;
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** Of the links that were made for the connection and are in use; not those that show what only an address tells. */
export async function usualPictures(
  { records }: Pick<Services, 'records'>,
  { workspace, id }: Pick<Connection, 'workspace' | 'id'>,
  now: number,
): Promise<ExpectedPicture[]> {
  const found = await listUsedLinks(records, { workspace, connection: id, since: now - USED_MS, limit: MAX_LINKS });
  const isOpen = ({ mode, fields }: Link) =>
    mode === 'merge' || Object.values(fields).some(({ from }) => from === 'open');
  return found
    .map(readLink)
    .filter((link) => !isOpen(link))
    .map((link) => ({ link, how: {} }));
}
