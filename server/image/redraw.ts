import { AppError } from '../../core/errors.ts';
import type { RenderPool } from '../../core/node/pool.ts';
import type { Source } from '../../core/node/renderer.ts';
import { MAX_PIXELS } from '../../core/template/output.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import { readSize } from '../assets/size.ts';
import { SVG, sniffAsset } from '../assets/sniff.ts';
import { tidySvg } from '../assets/svg.ts';
import type { Images } from './images.ts';
import type { LoadedImage } from './remote.ts';

// More than any template shows of it, and little enough to send to a page.
const LONGEST = 1600;
const DEADLINE_MS = 5000;
const QUALITY = 90;
/** As an asset, for the library's own may be drawings; what comes from an address was seen to be none. */
const REF = 'asset:picture';

/** The part of a picture that matters, as it is shown at a size in pixels. */
export type Part = { readonly width: number; readonly height: number; readonly focus: 'attention' | 'entropy' };

/** A template that is nothing but a picture, or a part of one, of a size. */
const alone = (width: number, height: number, focus: Part['focus'] | undefined): Source => ({
  assets: {},
  template: parseTemplate({
    ...{ name: 'alone', size: { width, height }, background: 'transparent', alt: 'A picture' },
    output: { format: 'webp', quality: QUALITY, scale: 1 },
    fields: { picture: { type: 'image', hosts: [] } },
    layers: [
      {
        ...{ id: 'picture', type: 'image', src: '{{ picture }}', box: { x: 0, y: 0, width, height } },
        ...(focus === undefined ? { objectFit: 'fill' } : { objectFit: 'cover', focus }),
      },
    ],
  }),
});

/**
 * Somebody else's picture for a page: decoded by a render process, as when a picture is made with it, and written anew as
 * WebP of at most 1,600 pixels a side, without whatever else its file holds; or that part of it which a layer shows. Throws
 * `asset_invalid` when it is none, and what the pool throws; one that ends its processes is put into quarantine.
 */
export async function redraw(
  { pool, images }: { readonly pool: RenderPool; readonly images: Pick<Images, 'quarantine'> },
  { bytes, digest }: LoadedImage,
  part?: Part,
): Promise<Buffer> {
  const mime = sniffAsset(bytes);
  const size = mime === SVG ? tidySvg(bytes).size : mime && readSize(bytes, mime);
  if (!size || (mime !== SVG && size.width * size.height > MAX_PIXELS)) throw unreadable();
  const whole = part ?? size;
  const fitting = LONGEST / Math.max(whole.width, whole.height);
  // A drawing is as sharp in any size.
  const share = mime === SVG ? fitting : Math.min(1, fitting);
  const [width, height] = [whole.width, whole.height].map((side) => Math.max(1, Math.round(side * share))) as [
    number,
    number,
  ];
  try {
    const drawn = await pool.render(
      {
        template: {
          key: `alone ${width}x${height} ${part?.focus ?? ''}`,
          load: async () => alone(width, height, part?.focus),
        },
        ...{ values: { picture: REF }, images: { [REF]: bytes } },
        ...{ format: 'webp', scale: 1, quality: QUALITY },
      },
      { priority: 'recipient', until: performance.now() + DEADLINE_MS },
    );
    if (drawn.warnings.length > 0) throw unreadable();
    return drawn.bytes;
  } catch (error) {
    if (error instanceof AppError && error.code === 'render_crashed') images.quarantine([digest]);
    throw error;
  }
}

const unreadable = () =>
  new AppError('asset_invalid', 'What the address holds cannot be read as a picture of at most 25 megapixels.');
