import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import type { RealKind } from './describe.ts';

const program = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'chromium'))
  .find(isProgram);

/** Debian's Chromium, for `describeReal`. */
export const realChromium: RealKind<Browser> = {
  name: 'Chromium',
  isBeside: true,
  missing: program ? undefined : 'Chromium is not here: apt-get install chromium',
  start: () =>
    chromium.launch({
      executablePath: program ?? '',
      args: ['--no-sandbox', '--disable-background-networking'],
    }),
};

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
