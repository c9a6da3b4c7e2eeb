import { LRUCache } from 'lru-cache';
import { imageHosts, imageRefs } from '../core/template/assets.ts';
import type { Values } from '../core/template/value.ts';
import { fetchImage, type Ways } from '../server/assets/fetch.ts';
import { createOutgoing } from '../server/outgoing/client.ts';
import { createS3 } from '../server/stores/s3.ts';
import { readToolConfig } from './data-folder.ts';
import type { OpenedTemplate } from './template-argument.ts';

/** Gets the pictures that values name. */
export type Pictures = {
  /** Their bytes by reference; null for one that could not be had. */
  load(values: Values): Promise<Record<string, Uint8Array | null>>;
  close(): Promise<void>;
};

const KEPT_BYTES = 64 * 1024 * 1024;

function openWays(): Ways {
  const config = readToolConfig();
  return { outgoing: createOutgoing(config), s3: createS3(config.s3) };
}

/** Pictures from the template's assets and, through the guarded fetch, from the hosts its fields allow; 64 MB are kept. */
export function createPictures({ template, asset }: OpenedTemplate): Pictures {
  const hosts = imageHosts(template.fields);
  // Most templates fetch nothing, and should not ask for a configuration.
  let ways: Ways | undefined;
  const kept = new LRUCache<string, Uint8Array>({
    maxSize: KEPT_BYTES,
    sizeCalculation: (bytes) => bytes.length || 1,
    fetchMethod: (ref) => {
      if (ref.startsWith('asset:')) return asset(ref);
      ways ??= openWays();
      // Whoever runs the command may read what its own key for S3 opens.
      return fetchImage(ways, ref, { hosts }).then(({ bytes }) => bytes);
    },
  });
  return {
    async load(values) {
      const loaded = imageRefs(template, values).map(async (ref) => {
        // Whatever keeps a contact's picture from being had, the field's fallback is drawn and the report says so.
        const bytes = await kept.fetch(ref).catch(() => undefined);
        return [ref, bytes ?? null] as const;
      });
      return Object.fromEntries(await Promise.all(loaded));
    },
    async close() {
      await ways?.outgoing.close();
      await ways?.s3.close();
    },
  };
}
