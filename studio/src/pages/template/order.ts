import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import type { Opened } from './opened.ts';

/** Where a field comes from: the synced contact, what the platform writes into the address, or the same for everybody. */
export type Source =
  | { readonly from: 'contact' }
  | { readonly from: 'open'; readonly tag: string }
  | { readonly from: 'fixed'; readonly value: string };
export type Mode = 'contact' | 'merge';
/** What a block is made for; a change of it makes the block that was made out of date. */
export type Wanted = {
  readonly target: string;
  readonly mode: Mode;
  readonly sources: Readonly<Record<string, Source>>;
};

/** Who sends the email: a platform, or an account on it that is connected. */
export type Target = {
  readonly id: string;
  readonly title: string;
  readonly platform: string;
  readonly connection: string | undefined;
  readonly referenceField: string;
  /** The platform's own fields of ours. */
  readonly tags: Readonly<Record<string, string>>;
  readonly fieldRule: string;
  readonly cannot: readonly string[];
};

const CONNECTED = 'connection:';

/** All who may send an email, connected accounts first. */
export function useTargets(named: (account: string) => string) {
  const found = useQuery({ queryKey: ['platforms'], queryFn: () => dataOf(api.GET('/v1/platforms')) });
  const connections = useQuery({ queryKey: ['connections'], queryFn: () => dataOf(api.GET('/v1/connections')) });
  const platforms = (found.data?.data ?? []).map(({ usualTags, ...rest }) => ({
    ...rest,
    ...{ platform: rest.id, connection: undefined, tags: usualTags },
  }));
  const connected = (connections.data?.data ?? []).flatMap(({ id, name, platform, referenceField, mapping }) => {
    const of = platforms.find((each) => each.id === platform);
    const tags = Object.fromEntries(Object.entries(mapping).filter(([, tag]) => tag !== ''));
    return of
      ? [
          {
            ...of,
            ...{ id: CONNECTED + id, title: named(name), connection: id, referenceField },
            tags: { ...of.tags, ...tags },
          },
        ]
      : [];
  });
  return { ...found, targets: [...connected, ...platforms] as readonly Target[] };
}

/** Where a field comes from when nobody says: from the contact, or from the platform's usual field. */
export const sourceOf = (name: string, { mode, sources }: Wanted, target: Target): Source =>
  sources[name] ?? (mode === 'contact' ? { from: 'contact' } : { from: 'open', tag: target.tags[name] ?? '' });

/** Registers a link, and gives what goes into the email. Throws `Refused`, with what is wrong by field. */
export function makeLink({ name, variant, fields }: Opened, wanted: Wanted, target: Target) {
  const chosen = Object.keys(fields).flatMap((field) => {
    const source = sourceOf(field, wanted, target);
    const isOwn = source.from === 'contact' ? wanted.mode === 'merge' : source.from !== 'open' || source.tag !== '';
    return isOwn ? [[field, source] as const] : [];
  });
  return dataOf(
    api.POST('/v1/links', {
      body: {
        ...{ template: name, mode: wanted.mode, fields: Object.fromEntries(chosen) },
        ...(variant !== undefined && { variant }),
        ...(target.connection === undefined
          ? { platform: target.platform as 'mailchimp' }
          : { connection: target.connection }),
      },
    }),
  );
}

/** A link as it was made. */
export type MadeLink = Awaited<ReturnType<typeof makeLink>>;
