import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import { createRenderPool } from '../../core/node/pool.ts';
import { applyContract } from '../../core/template/contract.ts';
import { readLists } from '../../server/batches/rows.ts';
import { readData } from '../data.ts';
import { readLive } from '../live-data.ts';
import {
  addOutputOptions,
  formatOfFile,
  knownExtensions,
  type OutputOptions,
  outputOf,
  writeWhole,
} from '../output-file.ts';
import { createPictures } from '../pictures.ts';
import { openTemplate, TEMPLATE_ARGUMENT, VARIANT_OPTION } from '../template-argument.ts';

type Options = OutputOptions & {
  readonly data: readonly string[];
  readonly source: readonly string[];
  readonly out: string;
  readonly variant?: string;
  readonly json?: true;
};

/** `mergepix render`: one picture into a file. Data the API would refuse is refused here, too. */
export function addRender(program: Command): void {
  const command = program
    .command('render')
    .description('draw one picture into a file, whose extension decides its format')
    .argument('<template>', TEMPLATE_ARGUMENT)
    .option('--data <value>', 'field=value, or a JSON file with an object; may be repeated', collect, [])
    .option('--source <value>', 'what a source would give, such as weather.temp=21; may be repeated', collect, [])
    .requiredOption('--out <file>', 'where the picture goes')
    .option(...VARIANT_OPTION);
  addOutputOptions(command)
    .option('--json', 'print what was made as JSON')
    .action(async (template: string, options: Options) => {
      const format = formatOfFile(options.out);
      if (!format && !options.format)
        command.error(`error: --out should end in ${knownExtensions}, or --format should name the format`);
      await render(template, options, format);
    });
}

async function render(argument: string, options: Options, named: ReturnType<typeof formatOfFile>): Promise<void> {
  const data = await readData(options.data);
  const source = await openTemplate(argument, options.variant);
  const pictures = createPictures(source);
  const { template, job } = source;
  const contract = applyContract(template.fields, readLists(template.fields, data));
  if (contract.faults.length > 0)
    throw new AppError('data_invalid', 'The data does not fit the template.', { faults: contract.faults });
  const live = readLive(template, options.source, Date.now());
  const output = outputOf(source, options, named);
  const pool = createRenderPool({ size: 1 });
  try {
    const images = await pictures.load(contract.values);
    await pool.ready();
    const rendered = await pool.render({ template: job, values: contract.values, live, images, ...output });
    await writeWhole(options.out, rendered.bytes);
    const { bytes, width, height } = rendered;
    const warnings = [...contract.warnings, ...rendered.warnings];
    if (options.json) {
      const made = { file: options.out, format: output.format, width, height, bytes: bytes.length, warnings };
      return console.log(JSON.stringify(made, null, 2));
    }
    for (const { message } of warnings) console.error(`note: ${message}`);
    console.log(`${options.out}: ${width} x ${height} ${output.format}, ${bytes.length} bytes`);
  } finally {
    await Promise.all([pool.close(), pictures.close(), source.close()]);
  }
}

const collect = (entry: string, before: readonly string[]): string[] => [...before, entry];
