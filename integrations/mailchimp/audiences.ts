import type { Call } from '../calls.ts';
import type { Audience } from '../connector.ts';
import type { Client } from './client.ts';
import { readAll } from './collection.ts';
import { segmentId } from './map.ts';

const readLists = (client: Client, call: Call, signal: AbortSignal) =>
  readAll(async (part) => {
    const { lists, total_items } = await call('read', signal, (each) => client.lists(part, each));
    return { rows: lists, total: total_items };
  });

/** Ids of all lists of the account. */
export async function allLists(client: Client, call: Call, signal: AbortSignal): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of readLists(client, call, signal)) ids.push(id);
  return ids;
}

/** Every list, each before its segments. */
export async function* readAudiences(client: Client, call: Call, signal: AbortSignal): AsyncGenerator<Audience> {
  for await (const { id, name, stats } of readLists(client, call, signal)) {
    yield { id, kind: 'list', name, contacts: stats?.member_count ?? null };
    const segments = readAll(async (part) => {
      const { segments, total_items } = await call('read', signal, (each) => client.segments(id, part, each));
      return { rows: segments, total: total_items };
    });
    for await (const segment of segments)
      yield {
        id: segmentId(id, segment.id),
        kind: 'segment',
        name: `${name}: ${segment.name}`,
        contacts: segment.member_count ?? null,
      };
  }
}
