import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { env, folder, HOUR, inPlaceOf, klaviyoAccount, look, over, planned, service, stageSends } from './sends.ts';
import { publish, startTestService, swatch } from './service.ts';

stageSends();

/** Runs something on a service of its own whose cache is full of what is kept for others, under the tag `others`. */
async function whileFull(name: string, work: () => Promise<void>): Promise<void> {
  const small = { ...env, MERGEPIX_DATA_DIR: join(folder, name), MERGEPIX_CACHE_MB: '16' };
  await inPlaceOf(await startTestService(small), async () => {
    await publish(service, swatch());
    const { cache } = service.services;
    for (let lacking = 0, i = 0; lacking === 0; i++) {
      cache.set(`other-${i}`, Buffer.alloc(40_000), { tags: ['others'] });
      ({ lacking } = await cache.pin([`other-${i}`], Date.now() + HOUR));
    }
    await work();
  });
}

/** Puts the end of a warm-up back by as long as one that has failed waits, and more. */
const endBefore = (id: string) =>
  service.services.records
    .updateTable('warmups')
    .set({ finished_at: Date.now() - HOUR })
    .where('id', '=', id)
    .execute();

describe('a campaign whose pictures the cache has no room for', () => {
  it('is warmed once there is room, and not tried before', async () => {
    await whileFull('mended', async () => {
      const { warmup, read } = await planned(klaviyoAccount(), { inMs: 20 * 60_000 });
      expect(await over(warmup.id)).toBe('refused');
      await endBefore(warmup.id);
      await look();
      expect((await read()).warmup.id).toBe(warmup.id);
      await service.services.cache.purge('others');
      await look();
      const again = (await read()).warmup;
      expect(again.id).not.toBe(warmup.id);
      expect(await over(again.id)).toBe('complete');
    });
  }, 60_000);

  it('is looked at once more when it is due, and then left alone', async () => {
    await whileFull('full', async () => {
      const { warmup, read } = await planned(klaviyoAccount(), { inMs: 1.75 * HOUR });
      expect(await over(warmup.id)).toBe('refused');
      const { records } = service.services;
      await records.updateTable('sends').set({ again_at: Date.now() }).where('warmup', '=', warmup.id).execute();
      await look();
      const again = (await read()).warmup;
      expect(again.id).not.toBe(warmup.id);
      expect(await over(again.id)).toBe('refused');
      await endBefore(again.id);
      await look();
      expect((await read()).warmup.id).toBe(again.id);
    });
  }, 60_000);
});
