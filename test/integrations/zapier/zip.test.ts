import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { look, publish, swatch } from '../../e2e/service.ts';
import { unzip } from '../../e2e/unzip.ts';
import { startConnected, zapier } from './zapier.ts';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('../../../integrations/zapier/', import.meta.url));
const build = async ([command = '', ...options]: readonly string[], env: Record<string, string> = {}) => {
  await run(command, options, { cwd: folder, env: { ...process.env, ...env } });
  return { build: await readFile(`${folder}build/build.zip`), source: await readFile(`${folder}build/source.zip`) };
};

let zips: Awaited<ReturnType<typeof build>>;
let files: Record<string, Buffer>;
beforeAll(async () => {
  zips = await build(['npm', 'run', '-s', 'zip']);
  files = unzip(zips.build);
}, 120_000);
afterAll(() => zapier.close());

describe('what is uploaded', () => {
  it('is the built app and what it needs to run, and nothing else', async () => {
    const { packages } = JSON.parse(await readFile(`${folder}package-lock.json`, 'utf8')) as {
      packages: Record<string, { dev?: true }>;
    };
    const sources = (await readdir(`${folder}src`, { recursive: true })).filter((file) => file.endsWith('.ts'));
    const names = Object.keys(files);
    expect(names.filter((name) => name.startsWith('dist/')).sort()).toEqual(
      sources.map((file) => `dist/${file.replace(/\.ts$/, '.js')}`).sort(),
    );
    expect(names.filter((name) => !/^(dist|node_modules)\//.test(name)).sort()).toEqual([
      'definition.json',
      'package.json',
      'zapierwrapper.js',
    ]);
    const needed = new Set(names.map((name) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(name)?.[1] ?? ''));
    needed.delete('');
    expect([...needed].filter((name) => !packages[name] || packages[name].dev)).toEqual([]);
    expect(needed).toContain('node_modules/zapier-platform-core');
    expect(zips.build.length).toBeLessThan(5_000_000);
  });

  it('is described as it runs', () => {
    const definition = JSON.parse(files['definition.json']?.toString() ?? '') as Record<string, object>;
    const { version } = JSON.parse(files['package.json']?.toString() ?? '') as { version: string };
    expect(definition).toMatchObject({ version, platformVersion: '19.1.0' });
    expect(Object.keys(definition.creates ?? {})).toContain('generate_image');
  });

  it('comes with its sources, which build by themselves', () => {
    expect(Object.keys(unzip(zips.source))).toEqual(
      expect.arrayContaining(['README.md', 'package-lock.json', 'package.json', 'src/index.ts', 'tsconfig.json']),
    );
  });

  it('is the same to the byte wherever it is built', async () => {
    const again = await build([process.execPath, 'zip.mjs'], { TZ: 'Asia/Tokyo', LANG: 'ar_EG.UTF-8' });
    expect(again.build.equals(zips.build)).toBe(true);
    expect(again.source.equals(zips.source)).toBe(true);
  }, 120_000);

  it('runs where there is nothing else, as Zapier runs it', async () => {
    const { service, authData } = await startConnected();
    const alone = await mkdtemp(join(tmpdir(), 'mergepix-zapier-'));
    try {
      await publish(service, swatch());
      for (const [name, bytes] of Object.entries(files)) {
        await mkdir(dirname(join(alone, name)), { recursive: true });
        await writeFile(join(alone, name), bytes);
      }
      const inputData = { template: 'swatch', 'field-first_name': 'Amira', 'field-color': '#00ff00' };
      const events = [
        { command: 'validate' },
        { command: 'execute', method: 'authentication.test', bundle: { authData, meta: {} } },
        {
          command: 'execute',
          method: 'creates.generate_image.operation.perform',
          bundle: { authData, inputData, meta: {} },
        },
      ];
      await writeFile(
        join(alone, 'run.mjs'),
        `import { handler } from './zapierwrapper.js';
const results = [];
for (const event of ${JSON.stringify(events)}) results.push((await handler(event)).results);
process.stdout.write('\\n' + JSON.stringify(results));`,
      );
      const { stdout } = await run(process.execPath, ['run.mjs'], {
        cwd: alone,
        env: { PATH: process.env.PATH, NODE_ENV: 'test', MERGEPIX_ALLOW_LOOPBACK: '127.0.0.1' },
      });
      const [faults, connection, picture] = JSON.parse(stdout.split('\n').at(-1) ?? '');
      expect(faults).toEqual([]);
      expect(connection).toMatchObject({ workspace: 'Default' });
      expect(await look(picture.url)).toMatchObject({ status: 200, color: '#00ff00' });
    } finally {
      await service.close();
      await rm(alone, { recursive: true });
    }
  }, 120_000);
});
