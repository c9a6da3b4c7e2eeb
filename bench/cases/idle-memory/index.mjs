import { setTimeout as sleep } from 'node:timers/promises';
import { residentMb } from '../../service/memory.mjs';
import { createDataFolder, createKeys, makePicture, startService } from '../../service/service.mjs';
import { tidy } from '../../statistics.mjs';

const SETTLE_MS = 5000;

/** Memory of the serving process at rest (resident, without its render processes), after it has made and served a picture. */
export const idleMemory = {
  title: 'the serving process at rest',
  figures: ['rss_mb'],

  async run({ say }) {
    const folder = await createDataFolder();
    const keys = createKeys();
    const service = await startService(folder, keys);
    try {
      const path = await makePicture(service, keys);
      await (await fetch(`${service.origin}${path}`)).arrayBuffer();
      say(`idle-memory: at rest for ${SETTLE_MS / 1000} s`);
      await sleep(SETTLE_MS);
      return { mergepix: { rss_mb: tidy(await residentMb(service.pid)) } };
    } finally {
      await service.stop();
      await folder.remove();
    }
  },
};
