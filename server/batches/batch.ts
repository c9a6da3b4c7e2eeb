import type { Warning } from '../../core/template/value.ts';
import type { Encryption } from '../access/encryption.ts';

/** What the rows of a batch are sealed for. */
type Part = { readonly workspace: string; readonly batch: string; readonly row: number };

const contextOf = (kind: 'data' | 'name', { workspace, batch, row }: Part) =>
  `batch-${kind}:${workspace}:${batch}:${row}`;

/** Seals what a row is drawn from. */
export const sealData = (encryption: Encryption, part: Part, data: Readonly<Record<string, unknown>>): string =>
  encryption.seal(JSON.stringify(data), contextOf('data', part));

/** Opens what a row is drawn from. */
export const openData = (encryption: Encryption, part: Part, sealed: string): Record<string, unknown> =>
  JSON.parse(encryption.open(sealed, contextOf('data', part))) as Record<string, unknown>;

/** Seals the name of a row's file, which may be somebody's. */
export const sealName = (encryption: Encryption, part: Part, name: string): string =>
  encryption.seal(name, contextOf('name', part));

/** Opens the name of a row's file. */
export const openName = (encryption: Encryption, part: Part, sealed: string): string =>
  encryption.open(sealed, contextOf('name', part));

/** What the address to call back is sealed for. */
export const callbackContext = (workspace: string, batch: string): string => `batch-callback:${workspace}:${batch}`;

/** How often something was mended: by field (or layer), then by kind of warning. */
export type WarningCounts = Record<string, Record<string, number>>;

/** Adds warnings to the counts. */
export function countWarnings(counts: WarningCounts, warnings: readonly Warning[]): void {
  for (const { code, field, layer } of warnings) {
    const name = field ?? layer ?? '';
    const of = counts[name] ?? {};
    of[code] = (of[code] ?? 0) + 1;
    counts[name] = of;
  }
}
