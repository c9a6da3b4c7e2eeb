import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { card, makeFolder, pixelOf, run, writeTemplate } from './command.ts';

const folder = makeFolder();
const cover = {
  id: 'cover',
  type: 'shape',
  shape: 'rect',
  box: { x: 0, y: 0, width: 60, height: 30 },
  fill: '#123456',
};
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  await writeTemplate(folder);
});

describe('mergepix render', () => {
  it('draws a picture in the format its file name asks for', async () => {
    const { code, err, out } = await run(folder, ['render', 'card', '--data', 'first_name=Zoë', '--out', 'new/a.jpg']);
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(out).toContain('60 x 30 jpeg');
    expect(await sharp(at('new/a.jpg')).metadata()).toMatchObject({ format: 'jpeg', width: 60, height: 30 });
  });

  it('draws a page where the file name ends in .pdf', async () => {
    const { out } = await run(folder, ['render', 'card', '--data', 'first_name=Zoë', '--out', 'a.pdf']);
    // In points: 96 CSS pixels are an inch, and 72 points.
    expect(out).toContain('45 x 23 pdf');
    expect(readFileSync(at('a.pdf'), 'latin1')).toMatch(/^%PDF-1\.\d/);
  });

  it('draws for paper, at so many dpi', async () => {
    const args = ['render', 'card/template.json', '--data', 'first_name=A', '--out', 'print.png', '--dpi', '300'];
    expect(await run(folder, args)).toMatchObject({ code: 0 });
    expect(await sharp(at('print.png')).metadata()).toMatchObject({ width: 250, height: 125, density: 300 });
  });

  it('takes format and scale from options before the file name and the template', async () => {
    const args = ['render', 'card/template.json', '--data', 'first_name=A', '--out', 'b.jpg'];
    expect(await run(folder, [...args, '--format', 'webp', '--scale', '2'])).toMatchObject({ code: 0 });
    expect(await sharp(at('b.jpg')).metadata()).toMatchObject({ format: 'webp', width: 120, height: 60 });
  });

  it('lets later data win over earlier data, whether pairs or files', async () => {
    writeFileSync(at('ann.json'), JSON.stringify({ first_name: 'Ann', tier: 'gold' }));
    const args = ['render', 'card', '--data', 'tier=silver', '--data', 'ann.json', '--out', 'c.png'];
    expect(await run(folder, args)).toMatchObject({ code: 0 });
    expect(await pixelOf(at('c.png'), 59, 29)).toBe('#ffcc00');
    expect(await run(folder, [...args, '--data', 'tier=silver'])).toMatchObject({ code: 0 });
    expect(await pixelOf(at('c.png'), 59, 29)).toBe('#c0c0c0');
  });

  it('draws the fallback picture, or the asset the data names', async () => {
    await run(folder, ['render', 'card', '--data', 'first_name=A', '--out', 'd.png']);
    expect(await pixelOf(at('d.png'), 5, 15)).toBe('#ff0000');
    await run(folder, ['render', 'card', '--data', 'first_name=A', '--data', 'photo=asset:somebody', '--out', 'd.png']);
    expect(await pixelOf(at('d.png'), 5, 15)).toBe('#0000ff');
  });

  it('draws the fallback and says so when a picture cannot be had', async () => {
    const args = ['render', 'card', '--data', 'first_name=A', '--data', 'photo=asset:gone', '--out', 'e.png', '--json'];
    const { code, out } = await run(folder, args);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ file: 'e.png', format: 'png', width: 60, height: 30 });
    expect(JSON.parse(out).warnings).toContainEqual(expect.objectContaining({ code: 'image_missing', field: 'photo' }));
    expect(await pixelOf(at('e.png'), 5, 15)).toBe('#ff0000');
  });

  it('draws live data with the fallbacks of the template, or with what it is told', async () => {
    const now = {
      ...card,
      name: 'now',
      freshness: { mode: 'live' },
      sources: { stock: { from: 'stock', fallback: { left: 5 } } },
      layers: [...card.layers, { ...cover, when: 'source.stock.left < 3 and now' }],
    };
    await writeTemplate(folder, now);
    const args = ['render', 'now', '--data', 'first_name=A', '--out', 'now.png'];
    expect(await run(folder, args)).toMatchObject({ code: 0 });
    expect(await pixelOf(at('now.png'), 59, 29)).toBe('#c0c0c0');
    expect(await run(folder, [...args, '--source', 'stock.left=2'])).toMatchObject({ code: 0 });
    expect(await pixelOf(at('now.png'), 59, 29)).toBe('#123456');
    const { code, err } = await run(folder, [...args, '--source', 'stock.lef=2']);
    expect(code).toBe(1);
    expect(err).toContain('did you mean stock.left=…?');
    expect((await run(folder, [...args, '--source', 'stock.left=few'])).err).toContain('takes a number');
  });

  it('takes no local file as a picture', async () => {
    const data = ['--data', 'first_name=A', '--data', `photo=${at('d.png')}`];
    const { code, err } = await run(folder, ['render', 'card', ...data, '--out', 'f.png']);
    expect(code).toBe(1);
    expect(err).toContain('  photo: expected asset:name or an address');
  });

  it('reads a list from JSON text', async () => {
    const data = ['--data', 'first_name=A', '--data', 'lines=[{"what":"tea"}]'];
    expect(await run(folder, ['render', 'card', ...data, '--out', 'g.png'])).toMatchObject({ code: 0 });
  });

  it('lists every fault of the data under one sentence, draws nothing and exits with 1', async () => {
    const args = ['render', 'card', '--data', 'teir=gold', '--data', 'photo=x', '--out', 'none.png'];
    const { code, err, out } = await run(folder, args);
    expect(code).toBe(1);
    expect(out).toBe('');
    const [first, ...faults] = err.trim().split('\n');
    expect(first).toBe('mergepix: The data does not fit the template.');
    expect(faults.map((line) => line.split(':')[0]).sort()).toEqual(['  first_name', '  photo', '  teir']);
    expect(err).toContain('did you mean tier?');
    expect(existsSync(at('none.png'))).toBe(false);
  });

  it.each([
    ['no arguments', ['render']],
    ['an unknown option', ['render', 'card', '--out', 'a.png', '--colour', 'red']],
    ['a file name without a known format', ['render', 'card', '--out', 'a.tiff']],
    ['an unknown format', ['render', 'card', '--out', 'a.png', '--format', 'tiff']],
    ['more dpi than are to be had', ['render', 'card', '--out', 'a.png', '--dpi', '601']],
    ['both dpi and a scale', ['render', 'card', '--out', 'a.png', '--dpi', '300', '--scale', '2']],
    ['a scale that is not to be had', ['render', 'card', '--out', 'a.png', '--scale', '9']],
    ['an unknown command', ['rendr']],
  ])('exits with 2 for wrong usage: %s', async (_, args) => {
    const { code, err } = await run(folder, args);
    expect(code).toBe(2);
    expect(err).toMatch(/^(?:mergepix: |Usage: )/);
  });

  it.each([
    ['a data file that is missing', ['--data', 'gone.json'], /^mergepix: gone\.json cannot be read/],
    ['a field without a value', ['--data', 'first_name'], /^mergepix: first_name cannot be read: give field=value/],
    ['a data file that is not JSON', ['--data', 'broken.json'], /^mergepix: broken\.json is not JSON/],
    ['a data file that holds a list', ['--data', 'list.json'], /^mergepix: list\.json should hold one JSON object/],
    ['a folder that cannot be made', ['--data', 'first_name=A', '--out', 'list.json/a.png'], /cannot be written/],
  ])('says in one line what is wrong with %s', async (_, args, sentence) => {
    writeFileSync(at('broken.json'), '{"first_name": "Secret');
    writeFileSync(at('list.json'), '[]');
    const { code, err } = await run(folder, ['render', 'card', '--out', 'h.png', ...args]);
    expect(code).toBe(1);
    expect(err).toMatch(sentence);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).not.toContain('Secret');
  });

  it('names the nearest template when there is none of that name', async () => {
    mkdirSync(at('elsewhere'), { recursive: true });
    const { code, err } = await run(folder, ['render', 'crad', '--out', 'a.png']);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^mergepix: There is no template crad: .+\n$/),
    });
    expect(existsSync(at('data'))).toBe(false);
  });

  it('lists every fault of a template that is none', async () => {
    const broken = { ...card, name: 'broken', sise: 1, alt: '{{ nobody }}' };
    await writeTemplate(folder, broken);
    const { code, err } = await run(folder, ['render', 'broken', '--out', 'a.png']);
    expect(code).toBe(1);
    expect(err).toContain('sise: is not an option here');
    expect(err).toContain('alt: uses the field nobody');
    expect(err).not.toMatch(/\n\s+at /);
  });
});
