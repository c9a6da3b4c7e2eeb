// A process that does warm-ups as the service does, takes over at once what a killed one left, and is killed in its turn.
// It writes down every picture it has made.
import { appendFileSync } from 'node:fs';
import { readConfig } from '../../dist/server/config.js';
import { createEmbeddedQueue } from '../../dist/server/jobs/embedded.js';
import { jobTypes } from '../../dist/server/jobs/index.js';
import { openServices } from '../../dist/server/services.js';

const { MADE_FILE, ...env } = process.env;
const config = readConfig(env);
const opened = await openServices(config);
const { pictures } = opened;
const services = {
  ...opened,
  publicUrl: config.publicUrl,
  pictures: {
    ...pictures,
    async make(...order) {
      const made = await pictures.make(...order);
      appendFileSync(MADE_FILE, `${made.key}\n`);
      return made;
    },
  },
};
const lanes = Object.entries(jobTypes)
  .filter(([kind]) => kind.startsWith('warmup.') || kind === 'connection.write')
  .map(([kind, { run, gaveUp, ...lane }]) => [
    kind,
    { ...lane, run: (job) => run(services, job), gaveUp: (job) => gaveUp?.(services, job) },
  ]);
createEmbeddedQueue({ ...opened, leaseMs: 600 }).work(Object.fromEntries(lanes));
