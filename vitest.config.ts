import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests that leave the process as it was: they share one, so that what they look at is loaded twice and not sixty times. */
const together = ['test/*.test.ts', 'test/{batches,fakes,integrations,links,paint,template}/*.test.ts'];
/** Of the server's, all but those that leave a cache behind, which goes on writing. */
const ofServer = 'test/server/!(cache*).test.ts';

/** Short to read and long to run: when these began last, as the size of a file has it, one worker would wait for the other. */
const long = /e2e\/(?:hostile|ladder|sends-workers|sync|warmups)\.test\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => (long.test(moduleId) ? 0 : 1);
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'together', include: [...together, ofServer], isolate: false } },
      // A service of their own, the environment, native libraries: these have a process each.
      { extends: true, test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: [...together, ofServer] } },
    ],
  },
});
