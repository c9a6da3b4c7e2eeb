// A process that does syncs as the service does, takes over at once what a killed one left, and is killed in its turn.
import { readConfig } from '../../dist/server/config.js';
import { createEmbeddedQueue } from '../../dist/server/jobs/embedded.js';
import { jobTypes } from '../../dist/server/jobs/index.js';
import { openServices } from '../../dist/server/services.js';

const config = readConfig(process.env);
const opened = await openServices(config);
const services = { ...opened, publicUrl: config.publicUrl };
const { run, gaveUp, ...lane } = jobTypes['connection.sync'];
createEmbeddedQueue({ ...opened, leaseMs: 600 }).work({
  'connection.sync': { ...lane, run: (job) => run(services, job), gaveUp: (job) => gaveUp(services, job) },
});
