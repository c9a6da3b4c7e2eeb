import { findLinks } from '../../core/links/find.ts';
import type { Connector } from '../../integrations/connector.ts';
import type { Connection } from '../connections/connection.ts';
import { type Link, whichOf } from '../links/link.ts';
import type { Services } from '../services.ts';
import { unknownFields } from './expected.ts';
import { nameShown } from './shown.ts';

/** What a planned send shows of ours: links whose pictures can be made ahead, the names of those pictures, and what to know, one sentence each. */
export type Found = {
  readonly links: readonly Link[];
  readonly pictures: readonly string[];
  readonly notes: readonly string[];
};

type Parts = Pick<Services, 'signingKeys' | 'links'>;

/** Finds our links in the emails of a planned send. Throws as its connector does. */
export async function findShown(
  { signingKeys, links }: Parts,
  connection: Connection,
  connector: Connector,
  send: string,
  signal: AbortSignal,
): Promise<Found> {
  const texts = await connector.emails(send, signal);
  const found = texts.flatMap((text) => findLinks(text, signingKeys));
  const ids = [...new Set(found.map(({ link }) => link))].sort();
  const shown: Link[] = [];
  const notes: string[] = [];
  let others = 0;
  for (const id of ids) {
    const link = await links.get(id);
    // Whose it is says nothing about this workspace.
    if (link?.workspace !== connection.workspace) others++;
    else {
      const note = noteOn(link, connection);
      if (note === undefined) shown.push(link);
      else notes.push(note);
    }
  }
  if (others > 0) notes.push('A picture in it is of no link of this workspace: it is not made ahead.');
  const pictures = shown.flatMap((link) =>
    found.filter((each) => each.link === link.id).map((each) => nameShown(link, each)),
  );
  return { links: shown, pictures: [...new Set(pictures)].sort(), notes };
}

/** Why the pictures of a link cannot be made ahead; undefined when they can. */
function noteOn(link: Link, connection: Connection): string | undefined {
  if (link.isRevoked || (link.expiresAt !== null && link.expiresAt <= Date.now()))
    return `The link ${link.id} was revoked or has expired: everybody sees the neutral picture.`;
  const unknown = unknownFields(link, connection);
  if (unknown.length === 0) return undefined;
  return `What the link ${link.id} shows in ${unknown.join(', ')} stands in its address alone, so it is not made ahead: map it in the connection.`;
}

/** Whether every picture of some links changes with time. */
export async function areLive({ library }: Pick<Services, 'library'>, links: readonly Link[]): Promise<boolean> {
  for (const link of links) {
    const published = await library.get(link.workspace, link.template, whichOf(link));
    if (published?.template.freshness.mode === 'static') return false;
  }
  return true;
}
