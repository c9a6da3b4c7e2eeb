import { heroJpeg } from './hero-jpeg/index.mjs';

/** Every case by name. A case measures its subjects in one run: `run({ say, keep })` gives subject -> figures. */
export const cases = {
  'hero-jpeg': heroJpeg,
};
