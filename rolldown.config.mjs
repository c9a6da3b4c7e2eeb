// The command and the other processes as few files instead of a thousand modules: they start in half the time.
import { defineConfig } from 'rolldown';

export default defineConfig({
  input: {
    main: 'dist/cli/main.js',
    process: 'dist/core/node/process.js',
    jobs: 'dist/server/jobs/apart-process.js',
    compare: 'dist/core/node/compare-process.js',
  },
  platform: 'node',
  // Native libraries, packages that look for files beside themselves, and large ones that few installations load.
  external: [
    /^klaviyo-api/,
    /^bullmq$/,
    /^@mailchimp\//,
    /^canvas$/,
    /^sharp$/,
    /^lmdb$/,
    /^libsql$/,
    /^pino$/,
    /^swagger-ui-dist/,
  ],
  output: { dir: 'dist/app', format: 'esm', cleanDir: true },
});
