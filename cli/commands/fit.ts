import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { createRenderPool } from '../../core/node/pool.ts';
import type { FitReport } from '../../core/paint/fit-report.ts';
import { fitRows } from '../../server/batches/fit.ts';
import { noteColumns } from '../columns.ts';
import { FAILED } from '../failure.ts';
import { readableFit } from '../fit-report.ts';
import { readLive } from '../live-data.ts';
import { createProgress } from '../progress.ts';
import { readRows, surveyRows } from '../rows.ts';
import { openTemplate, TEMPLATE_ARGUMENT } from '../template-argument.ts';

type Options = { readonly worst: number; readonly json?: true };
type Tried = FitReport & { readonly template: string; readonly ignoredColumns: readonly string[] };

/** `mergepix fit`: tries a template with every row of a file and draws none. Exit code 1 when a row does not fit. */
export function addFit(program: Command): void {
  program
    .command('fit')
    .description('tell which rows of a CSV or JSON file will not fit, are blank or are junk; nothing is drawn')
    .argument('<template>', TEMPLATE_ARGUMENT)
    .argument('<file>', 'a .csv file with a header, or a .json file with an array of objects')
    .option('--worst <number>', 'how many of the worst rows are told', parseCount, 20)
    .option('--json', 'print the report as JSON')
    .action(async (template: string, file: string, options: Options) => {
      const tried = await tryRows(template, file, options.worst);
      console.log(options.json ? JSON.stringify(tried, null, 2) : readableFit(tried));
      if (tried.fits < tried.total) process.exitCode = FAILED;
    });
}

async function tryRows(argument: string, file: string, limit: number): Promise<Tried> {
  const source = await openTemplate(argument);
  const { template, job } = source;
  const { total, columns } = await surveyRows(file);
  const ignoredColumns = noteColumns(template, columns);
  const pool = createRenderPool({ size: availableParallelism() });
  const progress = createProgress(total, 'rows');
  try {
    await pool.ready();
    const { report } = await fitRows(
      pool,
      {
        ...{ template: job, fields: template.fields, live: readLive(template, [], Date.now()), limit },
        wish: { priority: 'background', until: Number.POSITIVE_INFINITY },
        onRows: progress.advance,
      },
      readRows(file),
    );
    return { template: template.name, ...report, ignoredColumns };
  } finally {
    progress.stop();
    await Promise.all([pool.close(), source.close()]);
  }
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return Number(text);
}
