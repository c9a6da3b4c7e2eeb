#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { places } from '../core/node/places.ts';
import { commands } from './commands/index.ts';
import { describeFailure } from './failure.ts';
import { printable } from './terminal.ts';

const { version, description } = JSON.parse(readFileSync(join(places.root, 'package.json'), 'utf8')) as {
  version: string;
  description: string;
};

const program = new Command('mergepix')
  .description(description)
  .version(version, '-v, --version', 'print the version')
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'mergepix: ')) });

// Everything that is printed goes this way, whatever it holds.
for (const name of ['log', 'error'] as const) {
  const print = console[name];
  console[name] = (...parts: unknown[]) =>
    print(...parts.map((part) => (typeof part === 'string' ? printable(part) : part)));
}

for (const add of Object.values(commands)) add(program);

// A reader that has seen enough (`| head`) closes the pipe: nothing is wrong then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  const { text, exitCode } = describeFailure(error);
  if (text !== undefined) console.error(text);
  process.exitCode = exitCode;
}
