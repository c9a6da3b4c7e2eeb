import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { card, makeFolder, run, writeTemplate } from './command.ts';

const folder = makeFolder();
const name = {
  ...card.layers[2],
  text: 'For {{ first_name }}',
  shorter: ['{{ first_name }}'],
  fit: { minFontSize: 9, lines: 1, maxLines: 2 },
};

beforeAll(async () => {
  await writeTemplate(folder, {
    ...card,
    fields: { ...card.fields, first_name: { ...card.fields.first_name, required: false } },
    layers: [card.layers[0], card.layers[1], name],
  });
});

describe('mergepix fit', () => {
  it('tells to which rung of the ladder every text had to go, the worst row first, and exits with 1', async () => {
    const cells = ['Al', 'Amira', 'Ami', 'Wilhelm', 'Wolfeschlegelsteinha', 'test', '*|FNAME|*'];
    writeFileSync(join(folder, 'people.csv'), ['first_name,tier', ...cells.map((cell) => `${cell},gold`)].join('\n'));
    const { code, out } = await run(folder, ['fit', 'card', 'people.csv', '--json']);
    expect(code).toBe(1);
    const { rows, ...totals } = JSON.parse(out) as {
      rows: { row: number; fits: boolean; texts: { rung: string; size: number; lines: number; wording: number }[] }[];
    };
    expect(totals).toMatchObject({
      ...{ template: 'card', total: 7, fits: 6, ignoredColumns: [] },
      counts: { ellipsis: 1, junk: 1, unreplaced: 1, blank: 7 },
      fields: { first_name: { junk: 1, unreplaced: 1 }, photo: { blank: 7 } },
      texts: { name: { whole: 1, shrunk: 3, wrapped: 2, shorter: 0, ellipsis: 1, smallest: 9 } },
    });
    const byRow = Object.fromEntries(rows.map(({ row, texts: [text] }) => [row, text]));
    expect(rows[0]).toMatchObject({ row: 5, fits: false });
    expect(byRow[1]).toBeUndefined();
    expect(byRow[2]).toMatchObject({ rung: 'wrapped', size: 11.5, lines: 2, wording: 0 });
    expect(byRow[3]).toMatchObject({ rung: 'shrunk', size: 9.5, lines: 1 });
    expect(byRow[5]).toMatchObject({ rung: 'ellipsis', size: 9, wording: 1 });
    expect(out).not.toContain('Wolf');

    const read = await run(folder, ['fit', 'card', 'people.csv', '--worst', '1']);
    expect(read.out).toContain('7 rows: 6 fit, 1 do not');
    expect(read.out).toMatch(/the worst rows\n {2}row 5\n {4}name: cut short with an ellipsis, 9 px, 1 line\n/);
    expect(read.out).not.toContain('row 4');
  });

  it('exits with 0 when every row fits, and names the columns it has no field for', async () => {
    writeFileSync(
      join(folder, 'good.json'),
      JSON.stringify([{ first_name: 'Al', frist: 'x', photo: 'asset:somebody' }]),
    );
    const { code, out, err } = await run(folder, ['fit', 'card', 'good.json']);
    expect(code).toBe(0);
    expect(out).toContain('1 row: 1 fits, 0 do not');
    expect(err).toContain('no field for the column frist');
  });

  it('refuses a row that cannot be read, and goes on', async () => {
    writeFileSync(join(folder, 'torn.csv'), 'first_name,tier\nAl,gold,extra\nBo,platinum\nCy,gold\n');
    const { code, out } = await run(folder, ['fit', 'card', 'torn.csv']);
    expect(code).toBe(1);
    expect(out).toContain('3 rows: 1 fits, 2 do not');
    expect(out).toContain('the row has not as many cells as the header');
    expect(out).toContain('tier: expected one of');
  });

  it('says of every layer why a row does not fit', async () => {
    const box = { x: 0, y: 0, width: 30, height: 30 };
    const bars = { id: 'bars', type: 'barcode', format: 'ean8', data: '{{ first_name }}', box };
    const square = { id: 'square', type: 'qr', data: '{{ first_name }}', shorter: ['{{ tier }}'], box };
    const words = { ...card.layers[2], id: 'words', box: { width: 30, height: 20 } };
    const stack = { id: 'stack', type: 'stack', gap: 24, box, layers: [words, { ...words, id: 'more' }] };
    await writeTemplate(folder, { ...card, name: 'ticket', layers: [bars, square, stack] });
    writeFileSync(join(folder, 'codes.csv'), 'first_name,tier\nAl Amira Wilhelm,gold\n');
    const { code, out } = await run(folder, ['fit', 'ticket', 'codes.csv']);
    expect(code).toBe(1);
    expect(out).toContain('1 row: 0 fit, 1 do not');
    expect(out).toContain('    bars: is left out, for its data is not what ean8 holds: 7 digits');
    expect(out).toMatch(/ {4}square: its modules are [\d.]+ px wide in the picture, less than 3; give it more room/);
    expect(out).toContain('    stack: holds more than fits in its box');
    expect(out.match(/ words: /g)).toHaveLength(1);
  });
});
