import { browser } from './browser/index.mjs';
import { cacheHit } from './cache-hit/index.mjs';
import { byFormat } from './formats/index.mjs';
import { heroJpeg } from './hero-jpeg/index.mjs';
import { idleMemory } from './idle-memory/index.mjs';
import { underLoad } from './load/index.mjs';
import { serveHit } from './serve-hit/index.mjs';
import { soak } from './soak/index.mjs';
import { start } from './start/index.mjs';
import { startLarge } from './start-large/index.mjs';
import { sync } from './sync/index.mjs';
import { warmup } from './warmup/index.mjs';
import { workers } from './workers/index.mjs';

/** Every case by name. A case measures its subjects in one run: `run({ say, keep })` gives subject -> figures. */
export const cases = {
  'hero-jpeg': heroJpeg,
  formats: byFormat,
  browser,
  'serve-hit': serveHit,
  'cache-hit': cacheHit,
  load: underLoad,
  start,
  'start-large': startLarge,
  'idle-memory': idleMemory,
  sync,
  soak,
  warmup,
  workers,
};
