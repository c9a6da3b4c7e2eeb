import { AppError } from '../../core/errors.ts';
import { MAX_PIXELS } from '../../core/template/output.ts';
import type { Template } from '../../core/template/schema.ts';

/** The scale that was asked for, or the template's own. Throws `request_invalid` when the picture would be too large. */
export function chooseScale({ size, output }: Template, asked: number | undefined): number {
  const scale = asked ?? output.scale;
  if (size.width * size.height * scale * scale <= MAX_PIXELS) return scale;
  const message = `makes a picture of more than ${MAX_PIXELS / 1_000_000} megapixels: ask for a smaller one`;
  throw new AppError('request_invalid', 'The picture would be too large.', { faults: [{ path: 'scale', message }] });
}
