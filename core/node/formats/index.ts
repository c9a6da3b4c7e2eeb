import type { PictureFormat } from '../../template/output.ts';
import type { Format } from './format.ts';
import { gif } from './gif.ts';
import { jpeg } from './jpeg.ts';
import { png } from './png.ts';
import { webp } from './webp.ts';

/** The encoder of every format whose files are pictures, by the name templates use. */
export const formats = { jpeg, png, webp, gif } satisfies Record<PictureFormat, Format>;
