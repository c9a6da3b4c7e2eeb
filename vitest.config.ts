import { defineConfig } from 'vitest/config';

/** Tests that leave the process as it was: they share one, so that what they look at is loaded twice and not sixty times. */
const together = ['test/*.test.ts', 'test/{batches,fakes,integrations,links,paint,template}/*.test.ts'];
/** Of the server's, all but those that leave a cache behind, which goes on writing. */
const ofServer = 'test/server/!(cache*).test.ts';

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'together', include: [...together, ofServer], isolate: false } },
      // A service of their own, the environment, native libraries: these have a process each.
      { extends: true, test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: [...together, ofServer] } },
    ],
  },
});
