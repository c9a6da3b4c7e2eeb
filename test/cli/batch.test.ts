import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { card, makeFolder, pixelOf, run, start, writeTemplate } from './command.ts';

const folder = makeFolder();
const at = (...names: string[]) => join(folder, ...names);
const pictures = (out: string) => readdirSync(at(out)).filter((name) => name.endsWith('.png'));
const reportOf = (out: string) => JSON.parse(readFileSync(at(out, 'report.json'), 'utf8'));
const batch = (data: string, out: string, ...more: string[]) =>
  run(folder, ['batch', 'card', '--data', data, '--out', out, ...more]);

beforeAll(async () => {
  await writeTemplate(folder);
});

describe('mergepix batch', () => {
  it('draws every row, named by a column, and exits with 0', async () => {
    writeFileSync(at('good.csv'), '\uFEFF id , first_name,tier\r\n7,Ann,gold\r\n8,"Bo, Jr",silver\r\n\r\n');
    const { code, out, err } = await batch('good.csv', 'good', '--name', 'id');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('2 rows: 2 drawn, 0 unchanged, 0 failed');
    expect(pictures('good')).toEqual(['7.png', '8.png']);
    expect(await pixelOf(at('good', '7.png'), 59, 29)).toBe('#ffcc00');
    expect(await pixelOf(at('good', '8.png'), 59, 29)).toBe('#c0c0c0');
  });

  it('names the files after the format that suits what they show, where the template leaves it open', async () => {
    const { photo: _, ...fields } = card.fields;
    const layers = card.layers.filter(({ id }) => id !== 'photo');
    mkdirSync(at('open'));
    const template = { ...card, name: 'open', output: { format: 'auto', scale: 1 }, fields, layers };
    writeFileSync(at('open', 'template.json'), JSON.stringify(template));
    writeFileSync(at('open.csv'), 'first_name\nAnn\n');
    const { code, err } = await run(folder, ['batch', 'open', '--data', 'open.csv', '--out', 'opened']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(readdirSync(at('opened'))).toContain('row-00001.png');
  });

  it('goes on after bad rows, says which and why, and exits with 1', async () => {
    writeFileSync(at('bad.csv'), 'first_name,tier\nAnn,platinum\n,gold\ntest,\nBob,gold,extra\nZed,gold\n');
    const { code, out } = await batch('bad.csv', 'bad');
    expect(code).toBe(1);
    expect(pictures('bad')).toEqual(['row-00003.png', 'row-00005.png']);
    expect(out).toContain('5 rows: 2 drawn, 0 unchanged, 3 failed');
    const report = reportOf('bad');
    expect(
      report.failures.map(({ row, faults }: { row: number; faults: { path: string }[] }) => [row, faults[0]?.path]),
    ).toEqual([
      [1, 'tier'],
      [2, 'first_name'],
      [4, ''],
    ]);
    expect(report.counts).toMatchObject({ junk: 1 });
    expect(report.warnings).toContainEqual(
      expect.objectContaining({ row: 3, file: 'row-00003.png', code: 'junk', field: 'first_name' }),
    );
  });

  it('never repeats a value in what it prints or reports', async () => {
    writeFileSync(at('private.csv'), 'first_name,tier\nSecretname,Secrettier\n');
    const { out, err } = await batch('private.csv', 'private');
    expect(out + err + readFileSync(at('private', 'report.json'), 'utf8')).not.toContain('Secret');
  });

  it('draws only what changed or is gone when it runs again', async () => {
    const rows = (tier: string) => `id,first_name,tier\na,Ann,gold\nb,Bob,${tier}\nc,Cy,gold\n`;
    writeFileSync(at('again.csv'), rows('gold'));
    await batch('again.csv', 'again', '--name', 'id');
    const before = statSync(at('again', 'a.png')).mtimeMs;
    writeFileSync(at('again.csv'), rows('silver'));
    const { out } = await batch('again.csv', 'again', '--name', 'id');
    expect(out).toContain('3 rows: 1 drawn, 2 unchanged, 0 failed');
    expect(statSync(at('again', 'a.png')).mtimeMs).toBe(before);
    expect(await pixelOf(at('again', 'b.png'), 59, 29)).toBe('#c0c0c0');
    const bigger = await batch('again.csv', 'again', '--name', 'id', '--scale', '2');
    expect(bigger.out).toContain('3 drawn, 0 unchanged');
  });

  it('tries again for a picture that could not be had', async () => {
    writeFileSync(at('gone.csv'), 'first_name,photo\nAnn,asset:gone\n');
    await batch('gone.csv', 'gone');
    expect(reportOf('gone').counts).toMatchObject({ image_missing: 1 });
    expect((await batch('gone.csv', 'gone')).out).toContain('1 drawn, 0 unchanged');
  });

  it('stops on Ctrl-C with what is finished kept, and goes on from there', async () => {
    const rows = Array.from({ length: 4000 }, (_, i) => `person-${i},gold`);
    writeFileSync(at('long.csv'), `first_name,tier\n${rows.join('\n')}\n`);
    const child = start(folder, ['batch', 'card', '--data', 'long.csv', '--out', 'long', '--scale', '3']);
    const ended = new Promise((resolve) => child.on('close', resolve));
    while (child.exitCode === null && (!existsSync(at('long')) || pictures('long').length === 0))
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    const { stopped, made } = reportOf('long');
    expect(stopped).toBe(true);
    expect(made).toBe(pictures('long').length);
    expect(made).toBeLessThan(4000);
    writeFileSync(at('long.csv'), `first_name,tier\n${rows.slice(0, made).join('\n')}\n`);
    expect((await batch('long.csv', 'long', '--scale', '3')).out).toContain(`0 drawn, ${made} unchanged, 0 failed`);
  });

  it('tells once of a column the template does not use, with the field that was meant', async () => {
    writeFileSync(at('extra.csv'), 'first_name,Teir,notes\nAnn,gold,x\nBob,gold,y\n');
    const { code, err } = await batch('extra.csv', 'extra');
    expect(code).toBe(0);
    expect(err.match(/column Teir: did you mean tier\?/g)).toHaveLength(1);
    expect(reportOf('extra').ignoredColumns).toEqual(['Teir', 'notes']);
  });

  it.each([
    ['semicolons', Buffer.from('first_name;tier\nAnn;gold\n')],
    ['tabs', Buffer.from('first_name\ttier\nAnn\tgold\n')],
    ['UTF-16', Buffer.from('\uFEFFfirst_name,tier\nAnn,gold\n', 'utf16le')],
  ])('reads CSV with %s', async (name, bytes) => {
    writeFileSync(at(`${name}.csv`), bytes);
    expect(await batch(`${name}.csv`, name)).toMatchObject({ code: 0 });
    expect(await pixelOf(at(name, 'row-00001.png'), 59, 29)).toBe('#ffcc00');
  });

  it('refuses a row whose letters were lost to another encoding', async () => {
    writeFileSync(at('latin.csv'), Buffer.from('first_name\nZo\u00EB\n', 'latin1'));
    const { code, out } = await batch('latin.csv', 'latin');
    expect(code).toBe(1);
    expect(out).toContain('save the file as CSV UTF-8');
  });

  it('says where a quote breaks the file, and keeps the rows before it', async () => {
    writeFileSync(at('quote.csv'), 'first_name,tier\nAnn,gold\n"Bob,gold\nCy,gold\n');
    const { code, out } = await batch('quote.csv', 'quote');
    expect(code).toBe(1);
    expect(out).toContain('2 rows: 1 drawn, 0 unchanged, 1 failed');
    expect(out).toContain('has a quote that is not closed');
  });

  it('reads an array of JSON objects, lists inside them too', async () => {
    writeFileSync(at('rows.json'), JSON.stringify([{ first_name: 'Ann', lines: [{ what: 'tea' }] }, 'Bob']));
    const { code } = await batch('rows.json', 'rows', '--report', at('elsewhere.json'), '--format', 'webp');
    expect(code).toBe(1);
    expect(existsSync(at('rows', 'row-00001.webp'))).toBe(true);
    expect(JSON.parse(readFileSync(at('elsewhere.json'), 'utf8')).failures).toEqual([
      { row: 2, faults: [{ path: '', message: 'is not a JSON object' }] },
    ]);
  });

  it.each([
    ['a file that is missing', 'none.csv', [], /none\.csv cannot be read/],
    ['a file of another kind', 'card/template.json', [], /should hold a JSON array/],
    ['two columns of one name', 'twice.csv', [], /Two columns are called first_name/],
    ['no column of the template', 'foreign.csv', [], /No column is a field of the template/],
    ['no column to name files by', 'good.csv', ['--name', 'idd'], /There is no column idd.*did you mean id\?/],
  ])('refuses the whole run in one line: %s', async (_, data, more, sentence) => {
    writeFileSync(at('twice.csv'), 'first_name,first_name\nA,B\n');
    writeFileSync(at('foreign.csv'), 'a,b\n1,2\n');
    const { code, err } = await batch(data, 'refused', ...more);
    expect(code).toBe(1);
    expect(err).toMatch(sentence);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(existsSync(at('refused'))).toBe(false);
  });

  it('prints the report as JSON when asked', async () => {
    const { out } = await batch('good.csv', 'good', '--name', 'id', '--json');
    expect(JSON.parse(out)).toMatchObject({ template: 'card', rows: 2, unchanged: 2, failed: 0, stopped: false });
  });
});
