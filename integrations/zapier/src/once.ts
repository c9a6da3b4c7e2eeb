import type { Bundle, ZObject } from 'zapier-platform-core';

/**
 * A header that makes a step which is run again do nothing new: Zapier replays steps whose answer it lost. The same action of the same
 * Zap with the same values is the same step; `of` holds all it depends on. A test in the editor is always made anew.
 */
export function once(z: ZObject, bundle: Bundle, of: readonly unknown[]): Record<string, string> {
  if (bundle.meta.isLoadingSample) return {};
  return { 'idempotency-key': `zapier-${z.hash('sha256', JSON.stringify([bundle.meta.zap?.id ?? null, ...of]))}` };
}
