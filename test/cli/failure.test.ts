import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { describeFailure } from '../../cli/failure.ts';
import { AppError } from '../../core/errors.ts';

describe('the exit code', () => {
  it.each([
    ['0 for help and version, which were asked for', new CommanderError(0, 'commander.help', '(outputHelp)'), 0],
    ['2 for a command line that is wrong', new CommanderError(1, 'commander.unknownOption', 'error: unknown'), 2],
    ['1 for work that failed', new AppError('data_invalid', 'The data does not fit.'), 1],
    ['1 for what nobody foresaw', new TypeError('x is not a function'), 1],
    ['1 for what is not even an error', 'text', 1],
  ])('is %s', (_, error, exitCode) => {
    expect(describeFailure(error).exitCode).toBe(exitCode);
  });

  it('comes with the sentence and the faults it does not tell already, never a stack', () => {
    const faults = [
      { path: 'size', message: 'is missing' },
      { path: '', message: 'is no object' },
    ];
    const { text } = describeFailure(
      new AppError('template_invalid', 'The template has faults. size: is missing.', { faults }),
    );
    expect(text).toBe('mergepix: The template has faults. size: is missing.\n  is no object');
  });
});
