import { api, dataOf, Refused } from './client.ts';

/** A contact as the service knows them. */
export type Contact = {
  readonly id: string;
  readonly reference: string;
  readonly updatedAt: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

type Question =
  | { readonly id: string }
  | { readonly reference: string }
  | { readonly key: string }
  | { readonly connection: string; readonly email: string }
  | { readonly connection: string; readonly platformId: string };

const REFERENCE_LENGTH = 40;
const MOST_EMAIL = 254;

/** Everything somebody may be known by, as typed: here first, then in each connected account. */
function questions(typed: string, connections: readonly string[]): Question[] {
  const isEmail = /^[^\s"'\\@]+@[^\s"'\\@]+$/.test(typed) && typed.length <= MOST_EMAIL;
  return [
    { key: typed },
    ...(typed.length === REFERENCE_LENGTH ? [{ reference: typed }] : []),
    ...(typed.length < REFERENCE_LENGTH ? [{ id: typed }] : []),
    ...connections.map((connection) => ({ connection, platformId: typed })),
    ...(isEmail ? connections.map((connection) => ({ connection, email: typed })) : []),
  ];
}

/**
 * The contact known by what was typed: an email address, an id of the platform, a key, an id or a reference of ours.
 * Undefined when nobody is. Throws `Refused`; a platform that does not answer counts only where nobody else knew them.
 */
export async function findContact(typed: string): Promise<Contact | undefined> {
  const { data } = await dataOf(api.GET('/v1/connections')).catch(() => ({ data: [] }));
  let fault: Refused | undefined;
  for (const question of questions(
    typed.trim(),
    data.map(({ id }) => id),
  )) {
    try {
      const [found] = (await dataOf(api.POST('/v1/contacts/find', { body: question }))).data;
      if (found) return await dataOf(api.GET('/v1/contacts/{id}', { params: { path: { id: found.id } } }));
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 403) throw error;
      fault = error;
    }
  }
  if (fault) throw fault;
  return undefined;
}
