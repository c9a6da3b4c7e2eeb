import { expect, it } from 'vitest';
import { layOnTray, openTray } from '../../core/node/tray.ts';

it('hands over what was laid on it last, large or small, and nothing that is not there', () => {
  const tray = openTray();
  const large = Buffer.alloc(3_000_000, 7);
  layOnTray(tray.fd, 1, large);
  expect(tray.take(large.length)?.equals(large)).toBe(true);
  layOnTray(tray.fd, 2, Buffer.from('small'));
  expect(tray.take(5)?.toString()).toBe('small');
  // What a broken process might say of itself ends that process, never the service.
  for (const length of [6, Number.MAX_SAFE_INTEGER, -1, Number.NaN])
    expect(tray.take(length), `${length}`).toBe(undefined);
  tray.close();
  expect(tray.take(5)).toBe(undefined);
});
