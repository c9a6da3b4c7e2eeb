import { signReference } from '../../core/links/reference.ts';
import { scaleOf } from '../../core/paint/paper.ts';
import { outputs } from '../../core/template/output.ts';
import { findOrDraw } from '../renders/draw.ts';
import type { Services } from '../services.ts';
import type { FailureRecord } from '../stores/records/failures.ts';
import { neutralPicture } from './neutral.ts';
import type { Drawing } from './pictures.ts';
import { makePlan, templateTags } from './plan.ts';

/** A picture that was less than what was asked for. */
type Failed = Pick<FailureRecord, 'workspace' | 'outcome' | 'template' | 'version' | 'link' | 'contact'>;

/**
 * What can be shown of it: what was `shown`, where that is the same for everybody, or what the same recipient is shown
 * `now`; null when it is not known who that was.
 */
export function showable({
  outcome,
  template,
  version,
  link,
  contact,
}: Omit<Failed, 'workspace'>): 'shown' | 'now' | null {
  if (outcome === 'neutral') return 'shown';
  if (outcome === 'defaults' || outcome === 'fallback') return template !== null && version !== null ? 'shown' : null;
  return link !== null && contact !== null ? 'now' : null;
}

/** The picture, counted nowhere; undefined when there is none any more. Throws what drawing throws. */
export async function showFailed(services: Services, failed: Failed) {
  const { workspace, outcome, template, version, link } = failed;
  const kind = showable(failed);
  if (kind === null) return undefined;
  if (outcome === 'neutral') return neutralPicture;
  if (kind === 'now') return showNow(services, failed);
  const which = { version: version ?? 0, variant: await variantOf(services, link) };
  const published = await services.library.get(workspace, template ?? '', which);
  if (!published) return undefined;
  if (outcome === 'fallback')
    return published.fallback && { mime: outputs[published.picture].mime, bytes: published.fallback };
  const drawing = {
    published,
    values: published.defaults,
    format: published.picture,
    scale: scaleOf(published.template),
  } as const;
  return draw(services, drawing, templateTags(workspace, published.name));
}

/** In which size its link or sealed picture shows the template. */
async function variantOf({ links, sealed }: Services, id: string | null): Promise<string | undefined> {
  if (id === null) return undefined;
  return (await links.get(id))?.variant ?? (await sealed.get(id))?.variant;
}

async function showNow(services: Services, { workspace, link, contact }: Failed) {
  const known = await services.links.get(link ?? '');
  if (known?.workspace !== workspace || contact === null) return undefined;
  const address = { token: '', format: '', contact: signReference(contact, services.signingKeys[0]), open: {} };
  const plan = await makePlan(services, { claims: { kind: 'link', id: known.id }, address, now: Date.now() });
  return plan.drawing && draw(services, plan.drawing, plan.tags);
}

const draw = async (services: Services, drawing: Drawing, tags: readonly string[]) => ({
  mime: outputs[drawing.format].mime,
  bytes: await findOrDraw(services, drawing, tags),
});
