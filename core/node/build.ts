import { readFileSync } from 'node:fs';
import { places } from './places.ts';

/** The digest of everything that decides how pictures come out: drawing code, libraries, fonts, Node. Part of every cache key. */
export function readBuild(): string {
  const { digest } = JSON.parse(readFileSync(places.build, 'utf8')) as { digest: string };
  return digest;
}
