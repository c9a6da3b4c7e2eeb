import type { Call } from '../calls.ts';
import type { Client, Member } from './client.ts';
import { unlessMissing } from './failure.ts';
import { memberHash, readHandle } from './member.ts';

// As many as may be under way together.
const AT_ONCE = 3;

/** A member by its handle; null when it was deleted for good. */
export async function findMember(
  client: Client,
  call: Call,
  handle: string,
  signal: AbortSignal,
): Promise<Member | null> {
  const { list, email } = readHandle(handle);
  return call('read', signal, (each) => client.member(list, memberHash(email), each).catch(unlessMissing));
}

/** Those that were deleted for good: whoever is archived is still there, and only gets no mail. */
export async function findGone(
  client: Client,
  call: Call,
  handles: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const missing: string[] = [];
  for (let i = 0; i < handles.length; i += AT_ONCE) {
    const some = handles.slice(i, i + AT_ONCE);
    const members = await Promise.all(some.map((handle) => findMember(client, call, handle, signal)));
    missing.push(...some.filter((_, at) => members[at] === null));
  }
  return missing;
}
