import { InvalidArgumentError } from 'commander';

/** Collects an option such as `--map first_name=FNAME` that may be repeated, by what stands before the `=`; behind it may stand nothing only where that means something. */
export const collectPairs =
  (example: string, mayBeEmpty = false) =>
  (entry: string, before: Readonly<Record<string, string>> = {}): Record<string, string> => {
    const [, name, text] = /^([^=]+)=(.*)$/.exec(entry) ?? [];
    if (name === undefined || text === undefined || (text === '' && !mayBeEmpty))
      throw new InvalidArgumentError(`Expected a pair such as ${example}.`);
    return { ...before, [name]: text };
  };
