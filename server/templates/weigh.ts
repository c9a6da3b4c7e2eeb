import { type FormatName, isPictureFormat } from '../../core/template/output.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Warning } from '../../core/template/value.ts';

// A hero of 600 x 300 at double density takes half of it as a photo; more keeps a phone on a slow network waiting.
const HEAVY_BYTES = 200 * 1024;
// No email is wider, in CSS pixels: what is has other ways to go.
const EMAIL_WIDTH = 800;

/**
 * What is to be said of a picture's weight: an email's, at most 800 CSS pixels wide, should be at most 200 KB. Where a
 * template sets a limit of its own, drawing tells.
 */
export function weigh(bytes: Uint8Array, { size, output }: Template, format: FormatName): Warning[] {
  if (
    output.maxBytes !== undefined ||
    !isPictureFormat(format) ||
    size.width > EMAIL_WIDTH ||
    bytes.length <= HEAVY_BYTES
  )
    return [];
  const kilobytes = Math.ceil(bytes.length / 1024);
  const message = `weighs ${kilobytes} KB where an email's picture should weigh at most 200 KB: choose JPEG or WebP, a lower quality or scale, or a calmer background`;
  return [{ code: 'too_heavy', message }];
}
