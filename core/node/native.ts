import { createRequire } from 'node:module';
import type * as Canvas from 'canvas';
import type Sharp from 'sharp';
import { AppError } from '../errors.ts';
import { pinFonts } from './fonts.ts';

pinFonts();

/** The `canvas` package, loaded after its fonts are pinned. Throws start_failed when its native library is missing. */
export const canvas = load<typeof Canvas>('canvas');

/** The `sharp` package, set for many small pictures in many processes: no cache, one thread each. */
export const sharp = load<typeof Sharp>('sharp');
sharp.cache(false);
sharp.concurrency(1);

function load<Library>(name: string): Library {
  try {
    return createRequire(import.meta.url)(name) as Library;
  } catch (cause) {
    throw new AppError(
      'start_failed',
      `The picture library ${name} does not load: run ./setup to install or build it.`,
      { cause },
    );
  }
}
