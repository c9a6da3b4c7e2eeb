import { signReference } from '../../core/links/reference.ts';
import type { SigningKey } from '../../core/links/token.ts';
import type { ImageAddress } from '../../core/links/url.ts';
import { outputs } from '../../core/template/output.ts';
import { type Connection, tagOf } from '../connections/connection.ts';
import type { ContactFields } from '../contacts/contact.ts';
import type { Link } from '../links/link.ts';

/** What is going to be asked for: by which contact, and otherwise as the address has it; the link's own format when absent. */
export type Expected = { readonly contact: string } & Partial<Pick<ImageAddress, 'format' | 'scale' | 'open'>>;

/** The address that is going to be asked for. Its token is left out: it is known what it would name. */
export function expectedAddress(link: Link, expected: Expected, key: SigningKey): ImageAddress {
  const { contact, format = outputs[link.formats[0]].extension, open = {}, scale } = expected;
  return {
    ...{ token: '', format, open, contact: signReference(contact, key) },
    ...(scale !== undefined && { scale }),
  };
}

const openFields = ({ fields }: Pick<Link, 'fields'>) =>
  Object.entries(fields).flatMap(([name, source]) => (source.from === 'open' ? [[name, source.tag] as const] : []));

/** Our name of what a platform's tag fills in. */
const nameOf = (tag: string, connection: Pick<Connection, 'mapping'> | undefined): string | undefined =>
  Object.entries(connection?.mapping ?? {}).find(([, mapped]) => mapped === tag)?.[0];

/** Fields that the platform fills into a link's address out of what we do not keep of a contact. */
export const unknownFields = (link: Link, connection: Pick<Connection, 'mapping'> | undefined): string[] =>
  openFields(link)
    .filter(([, tag]) => nameOf(tag, connection) === undefined)
    .map(([name]) => name);

const isOfContacts = ({ fields }: Pick<Link, 'fields'>, name: string): boolean =>
  (fields[name]?.from ?? 'contact') === 'contact';

/** Whether nobody has decided where contacts of a connection have a link's field from. */
export const isUndecided = (link: Link, connection: Pick<Connection, 'mapping'>, name: string): boolean =>
  isOfContacts(link, name) && tagOf(connection, name) === undefined;

/** Whether no contact of a connection can have a value of a link's field, be that on purpose or not. */
export const isNobodys = (link: Link, connection: Pick<Connection, 'mapping'>, name: string): boolean =>
  isOfContacts(link, name) && !tagOf(connection, name);

/** What the platform is going to fill into a link's address for a contact. */
export function expectedOpen(
  link: Link,
  connection: Pick<Connection, 'mapping'> | undefined,
  contact: ContactFields,
): Record<string, string> {
  const filled = openFields(link).map(([name, tag]) => {
    const value = contact[nameOf(tag, connection) ?? ''];
    return [name, value === undefined || value === null ? '' : String(value).trim()] as const;
  });
  return Object.fromEntries(filled);
}
