import type { FormatName } from '../../template/output.ts';
import type { Format } from './format.ts';
import { jpeg } from './jpeg.ts';
import { png } from './png.ts';
import { webp } from './webp.ts';

/** The encoder of every output format, by the name templates use. */
export const formats = { jpeg, png, webp } satisfies Record<FormatName, Format>;
