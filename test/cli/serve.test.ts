import { once } from 'node:events';
import { accessSync, constants, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMAND, makeFolder, run, start } from './command.ts';

const folder = makeFolder();

describe('the built command', () => {
  it('may be run as a program, which npx sees to for its first build only', () => {
    expect(() => accessSync(COMMAND, constants.X_OK), 'chmod +x it in the build').not.toThrow();
  });
});

describe('mergepix serve', () => {
  it('prints a picture that works, blocks for both platforms, the API and where the key is, and ends on SIGTERM', async () => {
    const child = start(folder, ['serve'], { MERGEPIX_PORT: '0' });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const closed = once(child, 'close');
    while (!out.includes('admin key') && child.exitCode === null)
      await Promise.race([once(child.stdout, 'data'), closed]);
    expect(out).toMatch(/Mergepix is listening on http:\/\/localhost:\d+/);
    const [address = ''] = out.match(/http:\/\/localhost:\d+\/i\/\S+/) ?? [];
    const picture = await fetch(address);
    expect(picture.status).toBe(200);
    expect(picture.headers.get('content-type')).toMatch(/^image\//);
    expect(out).toMatch(/Mailchimp:\n {2}<img src="[^"]+c=\*\|MERGEPIX\|\*/);
    expect(out).toMatch(/Klaviyo:\n {2}<img src="[^"]+c=\{\{ /);
    const [docs = ''] = out.match(/http:\/\/localhost:\d+\/docs/) ?? [];
    expect((await fetch(docs)).status).toBe(200);
    expect(out).toContain(join(folder, 'data', 'admin.key'));
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
  });

  it('says in one line that its port is in use', async () => {
    const other = createServer().listen(0);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, err } = await run(folder, ['serve'], { MERGEPIX_PORT: String(port) });
    other.close();
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^mergepix: Port \d+ is in use: .+\n$/) });
  });

  it('says in one line that its data folder cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { code, err } = await run(folder, ['serve'], { MERGEPIX_DATA_DIR: join(folder, 'file', 'data') });
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^mergepix: The data folder .+ cannot be .+\n$/),
    });
  });

  it('says in one line which keys production needs', async () => {
    const { code, err } = await run(folder, ['serve'], { NODE_ENV: 'production' });
    expect(code).toBe(1);
    expect(err.trim().split('\n')).toHaveLength(1);
    for (const name of ['SIGNING_KEYS', 'ENCRYPTION_KEYS', 'ADMIN_KEY']) expect(err).toContain(`MERGEPIX_${name}`);
  });
});
