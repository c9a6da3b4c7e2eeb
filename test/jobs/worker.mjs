// A process that works on the queue until it has done so many jobs, then holds on to one until it is killed.
import { createEncryption } from '../../dist/server/access/encryption.js';
import { openBullQueue } from '../../dist/server/jobs/bullmq.js';
import { createEmbeddedQueue } from '../../dist/server/jobs/embedded.js';
import { createLog } from '../../dist/server/observe/log.js';
import { openRecords } from '../../dist/server/stores/records/index.js';

const [url, secret, redis, most] = process.argv.slice(2);
const records = await openRecords(url, 1);
const encryption = createEncryption([{ kid: 'e1', secret }]);
let done = 0;
const parts = { records, encryption, log: createLog('silent'), leaseMs: 600 };
const queue =
  redis === 'embedded' ? createEmbeddedQueue(parts) : await openBullQueue({ ...parts, url: redis, cache: 'memory:' });
queue.work({
  'render.make': {
    concurrency: 2,
    attempts: 3,
    backoff: () => 1,
    async run({ payload }) {
      if (done++ < Number(most)) return void process.send({ done: payload.render });
      process.send({ held: true });
      await new Promise(() => {});
    },
  },
});
