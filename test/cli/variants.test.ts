import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { card, makeFolder, pixelOf, run, writeTemplate } from './command.ts';

const folder = makeFolder();
const variants = {
  story: {
    size: { width: 30, height: 60 },
    layers: { sheet: { box: { width: 30, height: 60 } }, photo: { hidden: true }, name: { box: { x: 1, width: 9 } } },
  },
};
const datasets = { good: { first_name: 'Al', tier: 'gold' } };

beforeAll(async () => {
  await writeTemplate(folder, { ...card, variants, datasets });
  const moved = { story: { ...variants.story, layers: { ...variants.story.layers, photo: {} } } };
  await writeTemplate(folder, { ...card, name: 'changed', variants: { ...moved, card: variants.story }, datasets });
  await run(folder, ['template', 'publish', 'card']);
});

const sizeOf = async (file: string) => {
  const { width, height } = await sharp(join(folder, file)).metadata();
  return [width, height];
};

describe('--variant', () => {
  it('draws another size of a template, from its folder and once published', async () => {
    const data = ['--data', 'first_name=Al', '--data', 'tier=gold'];
    const away = join(folder, 'data');
    for (const [cwd, env] of [
      [folder, {}],
      [away, { MERGEPIX_DATA_DIR: away }],
    ] as const) {
      const out = join(folder, 'story.png');
      const { code, err } = await run(cwd, ['render', 'card', ...data, '--variant', 'story', '--out', out], env);
      expect({ code, err }).toMatchObject({ code: 0 });
      expect(await sizeOf('story.png')).toEqual([30, 60]);
      expect(await pixelOf(out, 25, 55)).toBe('#ffcc00');
      const { err: told } = await run(cwd, ['render', 'card', ...data, '--variant', 'stroy', '--out', out], env);
      expect(told).toBe('mergepix: The template card has no such variant: choose from story, or leave it out.\n');
    }
  });

  it('makes a batch in it, and a link of it', async () => {
    writeFileSync(join(folder, 'people.csv'), 'first_name,tier\nAl,gold\n');
    const batch = ['batch', 'card', '--data', 'people.csv', '--out', 'pictures', '--variant', 'story'];
    expect((await run(folder, batch)).code).toBe(0);
    const [file = ''] = readdirSync(join(folder, 'pictures')).filter((name) => name.endsWith('.png'));
    expect(await sizeOf(join('pictures', file))).toEqual([30, 60]);
    const link = await run(folder, ['link', 'card', '--platform', 'mailchimp', '--variant', 'story', '--json']);
    expect(JSON.parse(link.out).html).toContain('width="30" height="60"');
  });
});

describe('commands that look at a template', () => {
  it('fit every size of it, and exit with 1 for one that does not fit', async () => {
    writeFileSync(join(folder, 'two.csv'), 'first_name\nAl\nAmira\n');
    const { code, out } = await run(folder, ['fit', 'card', 'two.csv', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ total: 2, fits: 2, variants: { story: { total: 2, fits: 1 } } });
    const told = await run(folder, ['fit', 'card', 'two.csv']);
    expect(told.out).toContain('2 rows: 2 fit, 0 do not');
    expect(told.out).toContain('story: 2 rows: 1 fits, 1 do not');
    const one = await run(folder, ['fit', 'card', 'two.csv', '--variant', 'story', '--json']);
    expect(JSON.parse(one.out)).toMatchObject({ fits: 1 });
    expect(JSON.parse(one.out)).not.toHaveProperty('variants');
  });

  it('validate and compare every size that both have', async () => {
    const bad = { story: { ...variants.story, layers: { nmae: { fontSize: 9 } } } };
    await writeTemplate(folder, { ...card, name: 'bad', variants: bad });
    const { err } = await run(folder, ['template', 'validate', 'bad']);
    expect(err).toContain('variants.story.layers.nmae: is no layer of this template: did you mean name?');
    const diff = await run(folder, ['template', 'diff', 'card', 'changed', '--out', 'diff.html', '--json']);
    const sets = JSON.parse(diff.out) as { set: string; variant?: string; changed: number }[];
    const good = sets.filter(({ set }) => set === 'good');
    expect(good).toMatchObject([{ changed: 0 }, { variant: 'story', changed: expect.any(Number) }]);
    expect(good[0]).not.toHaveProperty('variant');
    expect(good[1]?.changed).toBeGreaterThan(0.2);
    expect(sets.some(({ variant }) => variant === 'card')).toBe(false);
    const page = readFileSync(join(folder, 'diff.html'), 'utf8');
    expect(page).toContain('<h2>story: good</h2>');
    expect(page).toContain('variants.story.layers.photo.hidden');
  });
});

describe('mergepix template publish', () => {
  it('notes that links are of a variant which the new version does not have', async () => {
    await run(folder, ['template', 'publish', 'changed']);
    await run(folder, ['link', 'changed', '--platform', 'mailchimp', '--variant', 'story']);
    await writeTemplate(folder, { ...card, name: 'changed', datasets });
    const { code, out, err } = await run(folder, ['template', 'publish', 'changed']);
    expect({ code, out, err }).toEqual({
      ...{ code: 0, out: 'changed: published as version 2\n' },
      err: 'note: 1 link is of the variant story, which version 2 of changed does not have: its own size is shown there.\n',
    });
  });
});
