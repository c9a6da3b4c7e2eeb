import { type Command, InvalidArgumentError } from 'commander';
import type { Rendered } from '../../core/node/renderer.ts';
import { applyContract } from '../../core/template/contract.ts';
import { syntheticData } from '../../core/template/synthetic-data.ts';
import { type Figures, sumUp, type Timing } from '../figures.ts';
import { addOutputOptions, type OutputOptions, outputOf } from '../output-file.ts';
import { createPictures } from '../pictures.ts';
import { openTemplate, TEMPLATE_ARGUMENT } from '../template-argument.ts';

type Options = OutputOptions & { readonly count: number; readonly price: number; readonly json?: true };

const WARM_UP = 10;

/** `mergepix bench`: draws many different people in one process, one after the other, and tells what that costs. */
export function addBench(program: Command): void {
  const command = program
    .command('bench')
    .description('measure one process drawing a template for many different people')
    .argument('<template>', TEMPLATE_ARGUMENT)
    .option('--count <number>', 'how many pictures are measured', parseCount, 200)
    .option('--price <number>', 'price of a core-hour, for the cost of 1,000 pictures', parsePrice, 0.04);
  addOutputOptions(command)
    .option('--json', 'print the figures as JSON')
    .action(async (template: string, options: Options) => {
      const figures = await bench(template, options);
      console.log(options.json ? JSON.stringify(figures, null, 2) : readable(figures));
    });
}

async function bench(argument: string, options: Options): Promise<Figures> {
  const source = await openTemplate(argument);
  const pictures = createPictures(source);
  const { template, job } = source;
  const output = outputOf(source, options);
  // Loaded here, so that no other command needs the native libraries in its own process.
  const { createRenderer } = await import('../../core/node/renderer.ts');
  const renderer = createRenderer();
  const draw = async (n: number): Promise<{ timing: Timing; rendered: Rendered; busyMs: number }> => {
    const { values } = applyContract(template.fields, syntheticData(template.fields, n));
    const images = await pictures.load(values);
    const before = process.cpuUsage();
    const start = performance.now();
    const rendered = await renderer.render({ template: job, values, images, ...output });
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    // Libraries with threads of their own can keep more than one core busy.
    return { timing: { ms, bytes: rendered.bytes.length }, rendered, busyMs: Math.max(ms, (user + system) / 1000) };
  };
  try {
    let { rendered } = await draw(0);
    for (let n = 1; n < WARM_UP; n++) await draw(n);
    const timings: Timing[] = [];
    let busyMs = 0;
    for (let n = WARM_UP; n < WARM_UP + options.count; n++) {
      const drawn = await draw(n);
      timings.push(drawn.timing);
      busyMs += drawn.busyMs;
      rendered = drawn.rendered;
    }
    const { width, height } = rendered;
    return { template: template.name, width, height, format: output.format, ...sumUp(timings, busyMs, options.price) };
  } finally {
    await Promise.all([pictures.close(), source.close()]);
  }
}

const readable = (figures: Figures): string =>
  [
    `${figures.template}: ${figures.count} pictures of ${figures.width} x ${figures.height}, ${figures.format}, in one process`,
    `  p50 ${figures.p50_ms} ms, p95 ${figures.p95_ms} ms, ${figures.bytes} bytes`,
    `  ${figures.images_per_core_hour} pictures per core-hour`,
    `  ${figures.cost_per_1000} per 1,000 pictures at ${figures.price_per_core_hour} per core-hour`,
  ].join('\n');

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return Number(text);
}

function parsePrice(text: string): number {
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw new InvalidArgumentError('Expected a price such as 0.04.');
  return Number(text);
}
