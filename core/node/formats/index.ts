import type { PictureFormat } from '../../template/output.ts';
import type { Template } from '../../template/schema.ts';
import type { Format } from './format.ts';
import { gif } from './gif.ts';
import { jpeg, progressiveJpeg } from './jpeg.ts';
import { png } from './png.ts';
import { webp } from './webp.ts';

/** The encoder of a format, as a template wants it. */
export const encoderFor = (format: PictureFormat, { progressive }: Template['output']): Format =>
  format === 'jpeg' && progressive ? progressiveJpeg : formats[format];

/** The encoder of every format whose files are pictures, by the name templates use. */
export const formats = { jpeg, png, webp, gif } satisfies Record<PictureFormat, Format>;
