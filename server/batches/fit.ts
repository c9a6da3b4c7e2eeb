import type { FitJob } from '../../core/node/fit.ts';
import type { Wish } from '../../core/node/line.ts';
import type { RenderPool } from '../../core/node/pool.ts';
import { addFitReport, emptyFitReport, type FitReport, reportRow } from '../../core/paint/fit-report.ts';
import { noteColumns, type Row, readFields } from './rows.ts';

/** What rows are tried with: a template, by whose fields their columns are told apart, and how many of them are told. */
export type Fitting = Omit<FitJob, 'rows'> & {
  readonly wish: Pick<Wish, 'priority' | 'until'>;
  /** Hears how many more rows were tried. */
  readonly onRows?: (count: number) => void;
};

/** What came of rows, and every column they had, at most a thousand. */
export type Fitted = { readonly report: FitReport; readonly columns: ReadonlySet<string> };

// Some milliseconds of a process: a recipient who comes meanwhile waits no longer than for a picture.
const ROWS_AT_ONCE = 50;
// Keeps the processes of one machine busy, and the lines of others short.
const JOBS_AT_ONCE = 8;

/**
 * Tries the rows of a table as they stream in; a column that is no field of the template changes nothing. A row that cannot
 * be read is refused, and stops no other. Throws what the pool rejects with.
 */
export async function fitRows(
  pool: Pick<RenderPool, 'fit'>,
  { wish, onRows = () => undefined, ...job }: Fitting,
  rows: AsyncIterable<Row> | Iterable<Row>,
): Promise<Fitted> {
  const report = emptyFitReport();
  const columns = new Set<string>();
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let waiting: FitJob['rows'][number][] = [];

  async function send(): Promise<void> {
    const chunk = waiting;
    waiting = [];
    const work = pool
      .fit({ ...job, rows: chunk }, { ...wish })
      .then(
        (part) => addFitReport(report, part, job.limit),
        (error: unknown) => failures.push(error),
      )
      .then(() => {
        running.delete(work);
        onRows(chunk.length);
      });
    running.add(work);
    if (running.size >= JOBS_AT_ONCE) await Promise.race(running);
  }

  for await (const { number, data, fault } of rows) {
    noteColumns(columns, data);
    if (fault !== undefined) {
      addFitReport(report, reportRow(number, [{ path: '', message: `the row ${fault}` }], [], []), job.limit);
      onRows(1);
      continue;
    }
    waiting.push({ number, data: readFields(job.fields, data) });
    if (waiting.length < ROWS_AT_ONCE) continue;
    await send();
    if (failures.length > 0) break;
  }
  if (waiting.length > 0 && failures.length === 0) await send();
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
  return { report, columns };
}
