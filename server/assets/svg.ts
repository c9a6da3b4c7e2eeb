import { AppError } from '../../core/errors.ts';
import { cleanSvg, readSvgText, svgFaults, svgSize } from '../../core/paint/svg.ts';
import type { ImageSize } from './size.ts';

const MAX_BYTES = 500_000;

/**
 * A drawing from outside as it is kept: its shapes written anew, and nothing else that was in the file. Its size is that of
 * its viewBox. Throws `asset_invalid`, saying what to do, for more than 500 KB, what is no XML, and whatever is no shape.
 */
export function tidySvg(bytes: Buffer): { readonly bytes: Buffer; readonly size: ImageSize } {
  if (bytes.length > MAX_BYTES) throw invalid('is over 500 KB: simplify its paths, or export it as a PNG');
  const svg = readSvgText(bytes);
  const faults = svg === undefined ? ['is not written in UTF-8: save it anew'] : svgFaults(svg);
  const size = svg === undefined || faults.length > 0 ? undefined : svgSize(svg);
  const clean = svg !== undefined && size && cleanSvg({ svg, ...size, fit: 'contain', colors: {} });
  if (!clean) throw invalid(faults.join('; it '));
  return { bytes: Buffer.from(clean), size };
}

const invalid = (fault: string) => new AppError('asset_invalid', `The SVG ${fault}.`);
