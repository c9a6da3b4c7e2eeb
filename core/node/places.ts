import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const resolver = createRequire(import.meta.url);
const root = dirname(resolver.resolve('#package'));

/** Where things of the installed product stand on this machine. */
export const places = {
  root,
  built: join(root, 'dist'),
  fonts: join(root, 'dist', 'fonts'),
  coverage: join(root, 'dist', 'coverage.json'),
  emoji: join(root, 'dist', 'emoji'),
  build: join(root, 'dist', 'build.json'),
  samples: join(root, 'examples'),
} as const;

/** The folder of an installed npm package. */
export const packageFolder = (name: string): string => dirname(resolver.resolve(`${name}/package.json`));
