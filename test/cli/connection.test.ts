import { describe, expect, it } from 'vitest';
import { makeFolder, run } from './command.ts';

const folder = makeFolder();

describe('mergepix connection', () => {
  it('wants the key where no other user of the machine can read it', async () => {
    const { code, err } = await run(folder, ['connection', 'add', 'klaviyo']);
    expect(code).toBe(1);
    expect(err).toContain('--key-file');
    expect(err).toContain('KLAVIYO_API_KEY');
  });

  it('knows the platforms', async () => {
    const { code, err } = await run(folder, ['connection', 'add', 'klavio']);
    expect(code).toBe(2);
    expect(err).toContain('klaviyo');
  });

  it('says where there is no such connection', async () => {
    for (const command of ['check', 'remove', 'audiences', 'change']) {
      const { code, err } = await run(folder, ['connection', command, 'nothing']);
      expect([command, code, err]).toEqual([
        command,
        1,
        expect.stringContaining('There is no connection with that id'),
      ]);
    }
  });

  it('lists none at first', async () => {
    expect(await run(folder, ['connection', 'list', '--json'])).toMatchObject({ code: 0, out: '[]\n' });
  });
});
