import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createRenderPool } from '../../core/node/pool.ts';
import { outputs } from '../../core/template/output.ts';
import { createFileNames } from '../../server/batches/file-names.ts';
import { runBatch } from '../batch-run.ts';
import { noteColumns } from '../columns.ts';
import { FAILED } from '../failure.ts';
import { readLive } from '../live-data.ts';
import { openManifest } from '../manifest.ts';
import { addOutputOptions, type OutputOptions, outputOf, writeWhole } from '../output-file.ts';
import { createPictures } from '../pictures.ts';
import { createProgress } from '../progress.ts';
import { createReporter, type Report, readableReport } from '../report.ts';
import { readRows, surveyRows } from '../rows.ts';
import { openTemplate, TEMPLATE_ARGUMENT, VARIANT_OPTION } from '../template-argument.ts';

type Options = OutputOptions & {
  readonly data: string;
  readonly out: string;
  readonly name?: string;
  readonly report?: string;
  readonly variant?: string;
  readonly json?: true;
};

const INTERRUPTED = 130;

/** `mergepix batch`: a picture for every row of a file, and a report. Exit code 1 when a row failed. */
export function addBatch(program: Command): void {
  const command = program
    .command('batch')
    .description('draw a picture for every row of a CSV or JSON file; run it again to go on or to draw what changed')
    .argument('<template>', TEMPLATE_ARGUMENT)
    .requiredOption('--data <file>', 'a .csv file with a header, or a .json file with an array of objects')
    .requiredOption('--out <folder>', 'where the pictures go')
    .option('--name <column>', "column that names the files (default: the row's number)")
    .option('--report <file>', 'where the JSON report goes (default: report.json among the pictures)')
    .option(...VARIANT_OPTION);
  addOutputOptions(command)
    .option('--json', 'print the report as JSON')
    .action(async (template: string, options: Options) => {
      const report = await batch(template, options);
      await writeWhole(options.report ?? join(options.out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
      console.log(options.json ? JSON.stringify(report, null, 2) : readableReport(report));
      if (report.stopped) process.exitCode = INTERRUPTED;
      else if (report.failed > 0) process.exitCode = FAILED;
    });
}

async function batch(argument: string, options: Options): Promise<Report> {
  const source = await openTemplate(argument, options.variant);
  const { total, columns } = await surveyRows(options.data);
  const ignored = noteColumns(source.template, columns, options.name);
  const output = outputOf(source, options);
  const manifest = await openManifest(options.out);
  const reporter = createReporter();
  const size = availableParallelism();
  const pictures = createPictures(source);
  const pool = createRenderPool({ size });
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  let progress: ReturnType<typeof createProgress> | undefined;
  try {
    const { build } = await pool.ready();
    const bar = createProgress(total);
    progress = bar;
    await runBatch({
      ...{ source, output, manifest, reporter, pictures, pool, build, signal: stop.signal, onRow: bar.advance },
      rows: readRows(options.data),
      folder: options.out,
      nameField: options.name,
      live: readLive(source.template, [], Date.now()),
      names: createFileNames(outputs[output.format].extension),
      // One being drawn and one waiting in each process keeps them busy; more would only take memory.
      inFlight: size * 2,
    });
  } finally {
    progress?.stop();
    // Also after a failure: what is finished need not be drawn again.
    await manifest.save();
    await Promise.all([pool.close(), pictures.close(), source.close()]);
  }
  return reporter.report({
    template: source.template.name,
    stopped: stop.signal.aborted,
    ignoredColumns: ignored,
  });
}
