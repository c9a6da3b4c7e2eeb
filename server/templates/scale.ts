import { AppError } from '../../core/errors.ts';
import { scaleAt, scaleOf } from '../../core/paint/paper.ts';
import { MAX_PIXELS, MAX_PRINT_PIXELS } from '../../core/template/output.ts';
import type { Template } from '../../core/template/schema.ts';

/** How fine a picture is asked for: by device pixels per CSS pixel, or to the inch. */
export type Fineness = { readonly scale?: number | undefined; readonly dpi?: number | undefined };

/**
 * The scale that was asked for, or the template's own. Throws `request_invalid` when the picture would be too large: over 25
 * megapixels, or over 36 where so many dpi are asked for.
 */
export function chooseScale(template: Template, { scale, dpi }: Fineness): number {
  const { size } = template;
  const chosen = dpi === undefined ? (scale ?? scaleOf(template)) : scaleAt(dpi, size);
  const most = dpi === undefined ? MAX_PIXELS : MAX_PRINT_PIXELS;
  if (size.width * size.height * chosen * chosen <= most) return chosen;
  const path = dpi === undefined ? 'scale' : 'dpi';
  const message = `makes a picture of more than ${most / 1_000_000} megapixels: ask for a smaller one`;
  throw new AppError('request_invalid', 'The picture would be too large.', { faults: [{ path, message }] });
}
