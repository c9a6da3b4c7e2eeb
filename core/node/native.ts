import { createRequire } from 'node:module';
import type * as Canvas from 'canvas';
import sharpFactory from 'sharp';
import { AppError } from '../errors.ts';
import { pinFonts } from './fonts.ts';

pinFonts();

/** The `canvas` package, loaded after its fonts are pinned. Throws start_failed when its native library is missing. */
export const canvas: typeof Canvas = load();

/** The `sharp` package, set for many small pictures in many processes: no cache, one thread each. */
export const sharp = sharpFactory;
sharp.cache(false);
sharp.concurrency(1);

function load(): typeof Canvas {
  try {
    return createRequire(import.meta.url)('canvas') as typeof Canvas;
  } catch (cause) {
    throw new AppError(
      'start_failed',
      'the picture library (canvas) does not load: run ./setup to install or build it',
      { cause },
    );
  }
}
