import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRenderPool } from '../../core/node/pool.ts';
import type { RenderJob } from '../../core/node/renderer.ts';
import { imageRefs } from '../../core/template/assets.ts';
import { applyContract } from '../../core/template/contract.ts';
import { readTemplateFolder } from '../../server/assets/folder.ts';
import { sha256 } from '../../server/stores/blobs/blobs.ts';

const examples = join(import.meta.dirname, '../../examples');
const ORDINARY = { TZ: 'UTC', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };
const live = { now: Date.UTC(2027, 0, 30, 12) };

let jobs: readonly { readonly name: string; readonly job: RenderJob }[];
let expected: ReadonlyMap<string, string>;

/** The digests of all pictures as a pool draws them that is started with this environment. */
async function drawAll(env: Record<string, string>, order: readonly number[], size = 1): Promise<Map<string, string>> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const pool = createRenderPool({ size });
  try {
    await pool.ready();
    const drawn = await Promise.all(
      order.map(async (at) => {
        const { name, job } = jobs[at] as (typeof jobs)[number];
        const { bytes } = await pool.render(job);
        return [name, sha256(bytes)] as const;
      }),
    );
    return new Map(drawn.sort(([a], [b]) => a.localeCompare(b)));
  } finally {
    await pool.close();
  }
}

const inOrder = () => jobs.map((_, i) => i);

/** A home whose fonts are other ones under the names of ours, as a designer's machine may have. */
function strangeHome(): Record<string, string> {
  const home = mkdtempSync(join(tmpdir(), 'mergepix-home-'));
  const config = join(home, '.config', 'fontconfig');
  mkdirSync(config, { recursive: true });
  const alias = (family: string) =>
    `<match target="pattern"><test name="family"><string>${family}</string></test><edit name="family" mode="assign" binding="strong"><string>DejaVu Sans Mono</string></edit></match>`;
  const file = join(config, 'fonts.conf');
  writeFileSync(
    file,
    `<?xml version="1.0"?><fontconfig><dir>/usr/share/fonts</dir>${['Inter', 'Playfair Display', 'Space Grotesk'].map(alias).join('')}</fontconfig>`,
  );
  return { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), FONTCONFIG_FILE: file, FONTCONFIG_PATH: config };
}

beforeAll(async () => {
  const folders = readdirSync(examples).filter((name) => !['art', 'deploy'].includes(name));
  jobs = (
    await Promise.all(
      folders.map(async (name) => {
        const source = await readTemplateFolder(join(examples, name));
        const [data] = Object.values(source.template.datasets);
        const { values } = applyContract(source.template.fields, data ?? {});
        const images = Object.fromEntries(imageRefs(source.template, values).map((ref) => [ref, null]));
        return (['jpeg', 'png', 'webp', 'pdf'] as const).map((format) => ({
          name: `${name}.${format}`,
          job: {
            template: { key: source.key, load: () => source },
            ...{ values, live, images, format, scale: 1, quality: 82 },
          },
        }));
      }),
    )
  ).flat();
  expected = await drawAll(ORDINARY, inOrder());
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a picture', () => {
  it.each<[string, () => Record<string, string>]>([
    ['another time zone', () => ({ TZ: 'Pacific/Kiritimati' })],
    ['another language', () => ({ LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', LANGUAGE: 'tr' })],
    ['other fonts under the same names', strangeHome],
  ])('has the same bytes on a machine with %s', async (_name, env) => {
    expect(await drawAll(env(), inOrder())).toEqual(expected);
  });

  it('has the same bytes whatever was drawn before it, and beside it', async () => {
    const twice = [...inOrder().reverse(), ...inOrder()];
    expect(await drawAll(ORDINARY, twice, 3)).toEqual(expected);
  });
});
