import { askSources, type LiveDrawing } from '../image/live.ts';
import type { Made } from '../image/pictures.ts';
import type { PlanSources } from '../image/plan.ts';
import { type Prepared, prepare } from '../image/prepare.ts';
import type { Link } from '../links/link.ts';
import { inBackground } from '../renders/draw.ts';
import type { Services } from '../services.ts';
import { type Expected, expectedAddress } from './expected.ts';

/** What planning a picture ahead of time works with; contacts may be those that are at hand. */
export type PlanningAhead = Omit<PlanSources, 'signingKeys'> &
  Pick<Services, 'pictures' | 'sources' | 'log' | 'signingKeys'>;

/** A picture that can be made. */
export type Makeable = Prepared &
  Required<Pick<Prepared, 'key'>> & { readonly drawing: NonNullable<Prepared['drawing']> };

const SOURCES_MS = 900;

/** What a contact's address will ask for at `now` (ms since 1970), found out as it is when it is opened. */
export function planAhead(parts: PlanningAhead, link: Link, expected: Expected, now: number): Promise<Prepared> {
  const address = expectedAddress(link, expected, parts.signingKeys[0]);
  const onFault = (id: string, error: unknown) => parts.log.warn('warm.failed', { link: id }, error);
  const asked = { claims: { kind: 'link', id: link.id }, address, now } as const;
  return prepare({ ...parts, onFault }, asked, performance.now());
}

/** Whether a picture can be made, whoever's it will be. */
export const isMakeable = (prepared: Prepared): prepared is Makeable =>
  prepared.drawing !== undefined && prepared.key !== undefined;

/**
 * Draws a picture in the background, under the key it was planned with. Throws as `inBackground` does.
 */
export async function makeAhead(
  { pictures, sources }: Pick<Services, 'pictures' | 'sources'>,
  { drawing: planned, key, tags }: Makeable,
  { isForLater = false }: { readonly isForLater?: boolean } = {},
): Promise<Made> {
  const isLive = planned.published.template.freshness.mode === 'live';
  const { drawing, late }: LiveDrawing = isLive ? await askSources(sources, planned, SOURCES_MS) : { drawing: planned };
  const isProvisional = late !== undefined;
  return inBackground((wanted) => pictures.make(drawing, key, { ...wanted, tags, isProvisional, isForLater }));
}
