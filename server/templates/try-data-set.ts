import { scaleOf } from '../../core/paint/paper.ts';
import { applyContract } from '../../core/template/contract.ts';
import type { DataSet } from '../../core/template/datasets.ts';
import type { FormatName } from '../../core/template/output.ts';
import type { Warning } from '../../core/template/value.ts';
import type { Drawing, Made } from '../image/pictures.ts';
import type { Services } from '../services.ts';
import type { Published } from './library.ts';

/** A version drawn with a set of data. */
export type Tried = { readonly bytes: Buffer; readonly warnings: readonly Warning[] };

// Of a live template: a day like any other, so that a set looks the same whenever it is drawn.
const NOW = Date.UTC(2026, 4, 4, 12);

/**
 * Draws a version with a set of data; sources show their samples, and their fallbacks in the set `late`. The format is
 * that of its pictures unless another is named; a proof also says what is hard to read. Throws why it could not be drawn.
 */
export async function tryDataSet(
  { pictures, sources }: Pick<Services, 'pictures' | 'sources'>,
  published: Published,
  { name, data }: DataSet,
  { format = published.picture, isProof = false }: { readonly format?: FormatName; readonly isProof?: boolean } = {},
): Promise<Tried> {
  const { template, compiled, workspace } = published;
  const { values, warnings } = applyContract(template.fields, data);
  const source = name === 'late' ? {} : await sources.samples(workspace, compiled);
  const live = template.freshness.mode === 'static' ? undefined : { now: NOW, source };
  const drawing: Drawing = { published, values, live, format, scale: scaleOf(template) };
  const made: Made = await pictures.make(drawing, await pictures.keyOf(drawing), { priority: 'background', isProof });
  return { bytes: made.bytes, warnings: [...warnings, ...made.warnings] };
}
