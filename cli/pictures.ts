import { LRUCache } from 'lru-cache';
import { imageHosts, imageRefs } from '../core/template/assets.ts';
import type { Values } from '../core/template/value.ts';
import { fetchImage } from '../server/assets/fetch.ts';
import { createOutgoing, type Outgoing } from '../server/outgoing/client.ts';
import { readToolConfig } from './data-folder.ts';
import type { OpenedTemplate } from './template-argument.ts';

/** Gets the pictures that values name. */
export type Pictures = {
  /** Their bytes by reference; null for one that could not be had. */
  load(values: Values): Promise<Record<string, Uint8Array | null>>;
  close(): Promise<void>;
};

const KEPT_BYTES = 64 * 1024 * 1024;

/** Pictures from the template's assets and, through the guarded fetch, from the hosts its fields allow; 64 MB are kept. */
export function createPictures({ template, asset }: OpenedTemplate): Pictures {
  const hosts = imageHosts(template.fields);
  // Most templates fetch nothing, and should not ask for a configuration.
  let outgoing: Outgoing | undefined;
  const kept = new LRUCache<string, Uint8Array>({
    maxSize: KEPT_BYTES,
    sizeCalculation: (bytes) => bytes.length || 1,
    fetchMethod: (ref) => {
      if (ref.startsWith('asset:')) return asset(ref);
      outgoing ??= createOutgoing({ allowAddresses: readToolConfig().allowAddresses });
      return fetchImage(outgoing, ref, hosts);
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
    close: async () => outgoing?.close(),
  };
}
