import type { Drawing } from '../image/pictures.ts';
import type { Services } from '../services.ts';

/** Looks whether the pictures that contacts name are there. */
export type AssetCheck = {
  /** Each address once; what is there is remembered, so that keys of pictures are told by it. */
  all(named: readonly { readonly drawing: Drawing | undefined; readonly refs: readonly string[] }[]): Promise<void>;
  isDead(ref: string): boolean;
};

const AT_ONCE = 8;
const LOAD_MS = 5000;
// A host that answers nothing must not cost every one of its pictures a deadline.
const MOST_SILENT = 5;

/** Makes one for some contacts. */
export function createAssetCheck(images: Services['images'], signal: AbortSignal): AssetCheck {
  const dead = new Set<string>();
  const silent = new Map<string, number>();

  async function check(ref: string, { published }: Drawing): Promise<void> {
    const host = hostOf(ref);
    if ((silent.get(host) ?? 0) >= MOST_SILENT) {
      dead.add(ref);
      return;
    }
    const startedAt = performance.now();
    const found = await images.load(published.workspace, published.template, [ref], LOAD_MS);
    if (found[ref]) return void silent.delete(host);
    dead.add(ref);
    if (performance.now() - startedAt >= LOAD_MS / 2) silent.set(host, (silent.get(host) ?? 0) + 1);
  }

  return {
    async all(named) {
      const drawings = new Map<string, Drawing>();
      for (const { drawing, refs } of named) for (const ref of refs) if (drawing) drawings.set(ref, drawing);
      const left = [...drawings];
      const work = async () => {
        for (let next = left.pop(); next; next = left.pop()) {
          signal.throwIfAborted();
          await check(...next);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    },
    isDead: (ref) => dead.has(ref),
  };
}

const hostOf = (ref: string): string => /^\w+:\/\/([^/?#]*)/.exec(ref)?.[1] ?? '';
