import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';

/** The built command; `npm test` builds it before any test runs. */
export const COMMAND = resolve('dist/app/main.js');

/** What a finished command left behind. */
export type Finished = { readonly code: number | null; readonly out: string; readonly err: string };

/** A folder of its own for each test file, gone after the last test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mergepix-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The environment of a command: nothing of the caller's configuration, the data folder inside the test's own. */
export const environment = (folder: string, extra: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  MERGEPIX_DATA_DIR: join(folder, 'data'),
  MERGEPIX_LOG_LEVEL: 'silent',
  ...extra,
});

/** Starts `mergepix` with arguments in a folder. */
export const start = (folder: string, args: readonly string[], env: Record<string, string> = {}) =>
  spawn(process.execPath, [COMMAND, ...args], { cwd: folder, env: environment(folder, env) });

/** Runs `mergepix` to its end. */
export function run(folder: string, args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const child = start(folder, args, env);
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** A small template: a tier decides the colour, a photo may be an asset or come from cdn.example.com. */
export const card = {
  name: 'card',
  size: { width: 60, height: 30 },
  output: { format: 'png', scale: 1 },
  alt: 'For {{ first_name }}',
  fields: {
    first_name: { type: 'text', fallback: 'you', required: true, maxLength: 20, junk: ['test'] },
    tier: { type: 'choice', options: ['gold', 'silver'], fallback: 'silver' },
    photo: { type: 'image', fallback: 'asset:nobody', hosts: ['cdn.example.com'] },
    lines: { type: 'list', of: { what: { type: 'text', fallback: '' } }, fallback: [] },
  },
  layers: [
    {
      id: 'sheet',
      type: 'shape',
      shape: 'rect',
      box: { x: 0, y: 0, width: 60, height: 30 },
      fill: "{% if tier == 'gold' %}#ffcc00{% else %}#c0c0c0{% endif %}",
    },
    { id: 'photo', type: 'image', src: '{{ photo }}', box: { x: 0, y: 0, width: 20, height: 30 } },
    {
      id: 'name',
      type: 'text',
      text: '{{ first_name }}',
      box: { x: 22, y: 2, width: 36, height: 26 },
      fontSize: 12,
      fit: { minFontSize: 6, maxLines: 1 },
      color: '#000000',
    },
  ],
} as const;

const plain = (color: string) => sharp({ create: { width: 8, height: 8, channels: 3, background: color } }).png();

/** Writes a template into `<folder>/<name>/`, with a red `nobody` and a blue `somebody` among its assets. */
export async function writeTemplate(
  folder: string,
  template: { readonly name: string; readonly [option: string]: unknown } = card,
): Promise<string> {
  const assets = join(folder, template.name, 'assets');
  mkdirSync(assets, { recursive: true });
  writeFileSync(join(folder, template.name, 'template.json'), JSON.stringify(template));
  await plain('#ff0000').toFile(join(assets, 'nobody.png'));
  await plain('#0000ff').toFile(join(assets, 'somebody.png'));
  return template.name;
}

/** One pixel of a picture, as `#rrggbb`. */
export async function pixelOf(file: string, left: number, top: number): Promise<string> {
  const data = await sharp(file).extract({ left, top, width: 1, height: 1 }).removeAlpha().raw().toBuffer();
  return `#${data.toString('hex')}`;
}
