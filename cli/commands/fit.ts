import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { createRenderPool } from '../../core/node/pool.ts';
import type { FitReport } from '../../core/paint/fit-report.ts';
import { variantNames } from '../../core/template/variants.ts';
import { fitRows } from '../../server/batches/fit.ts';
import { noteColumns } from '../columns.ts';
import { FAILED } from '../failure.ts';
import { readableFit } from '../fit-report.ts';
import { readLive } from '../live-data.ts';
import { createProgress } from '../progress.ts';
import { readRows, surveyRows } from '../rows.ts';
import { type OpenedTemplate, openTemplate, TEMPLATE_ARGUMENT } from '../template-argument.ts';

type Options = { readonly worst: number; readonly variant?: string; readonly json?: true };
type Tried = FitReport & { readonly template: string; readonly ignoredColumns: readonly string[] };
/** How the rows come out in the template's own size, or in that of the variant that was asked for, and in all its others. */
type TriedAll = Tried & { readonly variants: Readonly<Record<string, Tried>> };

/** `mergepix fit`: tries a template and its variants with every row of a file and draws none. Exit code 1 when a row does not fit. */
export function addFit(program: Command): void {
  program
    .command('fit')
    .description('tell which rows of a CSV or JSON file will not fit, are blank or are junk; nothing is drawn')
    .argument('<template>', TEMPLATE_ARGUMENT)
    .argument('<file>', 'a .csv file with a header, or a .json file with an array of objects')
    .option('--worst <number>', 'how many of the worst rows are told', parseCount, 20)
    .option('--variant <name>', 'only this one of its other sizes; all of them when absent')
    .option('--json', 'print the report as JSON')
    .action(async (template: string, file: string, options: Options) => {
      const { variants, ...tried } = await tryAll(template, file, options);
      const others = Object.entries(variants);
      if (options.json) console.log(JSON.stringify(others.length > 0 ? { ...tried, variants } : tried, null, 2));
      else
        console.log(
          [readableFit(tried), ...others.map(([name, each]) => `${name}: ${readableFit(each)}`)].join('\n\n'),
        );
      if ([tried, ...Object.values(variants)].some(({ fits, total }) => fits < total)) process.exitCode = FAILED;
    });
}

async function tryAll(argument: string, file: string, { variant, worst }: Options): Promise<TriedAll> {
  const source = await openTemplate(argument, variant);
  const names = variantNames(source.template);
  const { total, columns } = await surveyRows(file);
  const ignoredColumns = noteColumns(source.template, columns);
  const pool = createRenderPool({ size: availableParallelism() });
  const progress = createProgress(total * (1 + names.length), 'rows');
  const tryRows = async ({ template, job }: OpenedTemplate): Promise<Tried> => {
    const { report } = await fitRows(
      pool,
      {
        ...{ template: job, fields: template.fields, live: readLive(template, [], Date.now()), limit: worst },
        wish: { priority: 'background', until: Number.POSITIVE_INFINITY },
        onRows: progress.advance,
      },
      readRows(file),
    );
    return { template: template.name, ...report, ignoredColumns };
  };
  try {
    await pool.ready();
    const tried = await tryRows(source);
    const variants: Record<string, Tried> = {};
    for (const name of names) {
      const opened = await openTemplate(argument, name);
      try {
        variants[name] = await tryRows(opened);
      } finally {
        await opened.close();
      }
    }
    return { ...tried, variants };
  } finally {
    progress.stop();
    await Promise.all([pool.close(), source.close()]);
  }
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return Number(text);
}
