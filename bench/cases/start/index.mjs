import { createDataFolder, createKeys, startService } from '../../service/service.mjs';
import { percentile, tidy } from '../../statistics.mjs';

const STARTS = 7;

/** From starting the process to the first 200 of /readyz; the very first start also makes the data folder and loads the samples. */
export const start = {
  title: 'from npm start to ready to serve',
  figures: ['first_ms', 'p50_ms', 'p95_ms'],

  async run({ say }) {
    const folder = await createDataFolder();
    const keys = createKeys();
    const times = [];
    try {
      for (let i = 0; i <= STARTS; i++) {
        say(`start: ${i === 0 ? 'first start' : `start ${i} of ${STARTS}`}`);
        const service = await startService(folder, keys);
        times.push(service.readyMs);
        await service.stop();
      }
    } finally {
      await folder.remove();
    }
    const [first, ...later] = times;
    return {
      mergepix: {
        first_ms: tidy(first),
        p50_ms: tidy(percentile(later, 0.5)),
        p95_ms: tidy(percentile(later, 0.95)),
      },
    };
  },
};
