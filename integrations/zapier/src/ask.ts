import type { Bundle, HttpRequestOptionsWithUrl, ZObject } from 'zapier-platform-core';
import { addressOf } from './address.ts';
import { explainFailure } from './failures.ts';

/** One page of a list of the API. */
export type Page<Item> = { readonly data: readonly Item[]; readonly next: string | null };

/** Asks the installation of the connection; `url` is a path such as `/v1/templates`. Throws errors that say what to do. */
export async function ask<Answer>(z: ZObject, bundle: Bundle, request: HttpRequestOptionsWithUrl): Promise<Answer> {
  try {
    return (await z.request<Answer>(request)).data;
  } catch (error) {
    throw explainFailure(z, new URL(addressOf(z, bundle)).host, error);
  }
}

/**
 * One page of a dropdown, of 100 items at most: the first that holds something wanted, or none. Zapier stops at an empty
 * page, and keeps where the next one begins.
 */
export async function askPage<Item>(
  z: ZObject,
  bundle: Bundle,
  url: string,
  isWanted: (item: Item) => boolean,
): Promise<Item[]> {
  let after = bundle.meta.page > 0 ? await z.cursor.get() : undefined;
  if (after === END) return [];
  for (;;) {
    const params = { limit: 100, ...(after && { after }) };
    const { data, next } = await ask<Page<Item>>(z, bundle, { url, params });
    const wanted = data.filter(isWanted);
    if (wanted.length > 0 || next === null) {
      await z.cursor.set(next ?? END);
      return wanted;
    }
    after = next;
  }
}

const END = '(end)';
