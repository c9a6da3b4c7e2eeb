import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { AppError } from '../core/errors.ts';
import { type FormatName, formatName, outputDpi, outputScale, outputs } from '../core/template/output.ts';
import { chooseScale, type Fineness } from '../server/templates/scale.ts';
import type { OpenedTemplate } from './template-argument.ts';

const formats = Object.keys(outputs) as FormatName[];

/** What the options of a command say about the finished picture. */
export type OutputOptions = { readonly format?: FormatName } & Fineness;

/** Adds `--format`, `--scale` and `--dpi` to a command. */
export const addOutputOptions = (command: Command): Command =>
  command
    .addOption(new Option('--format <format>', 'format of the pictures').choices(formats))
    .option('--scale <number>', 'device pixels per CSS pixel, 1 to 3', parseScale)
    .addOption(
      new Option('--dpi <number>', 'for paper: pixels to the inch, 72 to 600').argParser(parseDpi).conflicts('scale'),
    );

/**
 * Format, scale and quality: the options first, then what the file's name says, then the template. Throws
 * `request_invalid` when the picture would be too large.
 */
export const outputOf = ({ template, format }: OpenedTemplate, options: OutputOptions, named?: FormatName) => ({
  format: options.format ?? named ?? format,
  scale: chooseScale(template, options),
  quality: template.output.quality,
});

/** The format a file's extension names; undefined for another extension. */
export function formatOfFile(file: string): FormatName | undefined {
  const extension = extname(file).slice(1).toLowerCase();
  return formats.find((format) => extension === format || extension === outputs[format].extension);
}

/** The extensions `formatOfFile` knows, for sentences. */
export const knownExtensions = formatName.options.map((format) => `.${outputs[format].extension}`).join(', ');

function parseScale(text: string): number {
  const scale = outputScale.safeParse(Number(text));
  if (!scale.success) throw new InvalidArgumentError('Expected 1, 1.5, 2, 2.5 or 3.');
  return scale.data;
}

function parseDpi(text: string): number {
  const dpi = outputDpi.safeParse(Number(text));
  if (!dpi.success) throw new InvalidArgumentError('Expected a whole number from 72 to 600.');
  return dpi.data;
}

/** Writes a file whole or not at all, making its folder; throws request_invalid when it cannot be written. */
export async function writeWhole(file: string, content: Uint8Array | string): Promise<void> {
  const draft = `${file}.${randomBytes(4).toString('hex')}.part`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(draft, content);
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined);
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new AppError(
      'request_invalid',
      `${file} cannot be written (${reason}): check its folder and the space left.`,
      {
        cause,
      },
    );
  }
}
