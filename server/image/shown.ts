import type { TokenClaims } from '../../core/links/token.ts';
import type { ImageAddress } from '../../core/links/url.ts';
import type { Shown } from '../observe/shown.ts';
import type { Plan } from './plan.ts';

/** What an address shows, for those who count. */
export function shownBy(
  { kind, id }: TokenClaims,
  { send }: ImageAddress,
  { workspace, contact, mended, drawing }: Plan,
): Shown {
  return {
    kind,
    id,
    ...(workspace !== undefined && { workspace }),
    ...(drawing && { template: drawing.published.name, version: drawing.published.version }),
    ...(contact !== undefined && { contact }),
    ...(send !== undefined && { send }),
    ...(mended !== undefined && { mended }),
  };
}
