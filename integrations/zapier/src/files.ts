import type { ZObject } from 'zapier-platform-core';
import hydrators from './hydrators.ts';

/** Stands for the file of the picture at `url`, named after its template: fetched when a later step asks for it. */
export const pictureFile = (z: ZObject, template: string, url: string): string =>
  z.dehydrateFile(hydrators.picture, { url, name: template + (new URL(url).pathname.match(/\.\w+$/)?.[0] ?? '') });
