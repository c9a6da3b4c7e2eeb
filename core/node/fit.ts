import { LRUCache } from 'lru-cache';
import { AppError } from '../errors.ts';
import { addFitReport, emptyFitReport, type FitReport, reportRow } from '../paint/fit-report.ts';
import { createPage, type Page } from '../paint/page.ts';
import { createPainter } from '../paint/painter.ts';
import { scaleOf } from '../paint/paper.ts';
import type { FontSet } from '../paint/text/coverage.ts';
import { withoutUndrawable } from '../paint/text/undrawable.ts';
import { type Compiled, compileTemplate } from '../template/compile.ts';
import { applyContract } from '../template/contract.ts';
import type { Fields } from '../template/fields/index.ts';
import type { LiveValues } from '../template/live.ts';
import { createHost } from './host.ts';
import type { RenderJob } from './renderer.ts';

/**
 * Rows of data that are tried in a template, of which nothing is drawn or fetched. `fields` are those of the template, whose
 * pictures may come from more hosts; the report tells at most `limit` of the rows.
 */
export type FitJob = {
  readonly template: RenderJob['template'];
  readonly fields: Fields;
  readonly rows: readonly { readonly number: number; readonly data: Readonly<Record<string, unknown>> }[];
  readonly live?: LiveValues | undefined;
  readonly limit: number;
};

/** Tries rows in this process; see `createFitter`. */
export type Fitter = { fit(job: FitJob): Promise<FitReport> };

type Opened = { readonly compiled: Compiled; readonly painter: Pick<Page, 'draft'>; readonly fonts: FontSet };

/** A layer that may hold others, as a group does. */
type Nested = { readonly id: string; readonly layers?: readonly Nested[] | undefined };

const KEPT = 50;

/** Works rows out as they would be drawn, and draws none. Keeps what it compiled of the last 50 templates. */
export function createFitter(): Fitter {
  const kept = new LRUCache<string, Promise<Opened>>({ max: KEPT });
  const openedFor = ({ template: { key, load } }: FitJob): Promise<Opened> => {
    const found = kept.get(key);
    if (found) return found;
    const opening = Promise.resolve(load()).then(({ template, assets }) => {
      const compiled = compileTemplate(template);
      const host = createHost({ key, quality: 0 }, assets, new Map());
      // Letters are fitted in em, but codes in pixels: what they come to is known at the scale of the pictures alone.
      const scale = scaleOf(template);
      const painter =
        template.output.format === 'pdf'
          ? createPage(compiled, scale, host)
          : createPainter(compiled, scale, true, host);
      return { compiled, painter, fonts: host.fonts };
    });
    kept.set(key, opening);
    opening.catch(() => kept.delete(key));
    return opening;
  };
  return {
    async fit(job) {
      const { compiled, painter, fonts } = await openedFor(job);
      const fixed = new Set(compiled.layers.filter(({ isStatic }) => isStatic).flatMap(({ layer }) => idsOf(layer)));
      const report = emptyFitReport();
      for (const { number, data } of job.rows) {
        const { values, faults, warnings } = applyContract(job.fields, data);
        try {
          const drawable = withoutUndrawable(job.fields, values, fonts);
          const draft = painter.draft(drawable.values, job.live);
          const texts = draft.texts.filter(({ layer }) => !fixed.has(layer));
          addFitReport(
            report,
            reportRow(number, faults, [...warnings, ...drawable.warnings, ...draft.warnings], texts),
            job.limit,
          );
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'expression_failed') throw error;
          const failed = { path: '', message: `cannot be drawn: ${error.message}` };
          addFitReport(report, reportRow(number, [...faults, failed], warnings, []), job.limit);
        }
      }
      return report;
    },
  };
}

/** The id of a layer and of those within it. */
const idsOf = ({ id, layers = [] }: Nested): string[] => [id, ...layers.flatMap(idsOf)];
