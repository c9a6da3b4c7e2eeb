import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder, run, start } from './command.ts';

const folder = makeFolder();
const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), 'utf8');
const contacts = (file: string, out: string, ...more: string[]) =>
  run(folder, ['contacts', file, '--out', out, '--key', 'email', ...more]);

/** The rows of a list of plain keys, by key. */
const listOf = (name: string) =>
  new Map(
    read(name)
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',') as [string, string]),
  );

// Beside a service, as it is used.
const service = start(folder, ['serve'], { MERGEPIX_PORT: '0' });
let address = '';

beforeAll(async () => {
  let out = '';
  const closed = once(service, 'close');
  service.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  while (!out.includes('admin key') && service.exitCode === null)
    await Promise.race([once(service.stdout, 'data'), closed]);
  address = /http:\/\/localhost:\d+/.exec(out)?.[0] ?? '';
});
afterAll(async () => {
  const closed = once(service, 'close');
  if (service.kill('SIGTERM')) await closed;
});

const ask = async (path: string, order?: object) => {
  const headers = { authorization: `Bearer ${read('data/admin.key').trim()}`, 'content-type': 'application/json' };
  const answer = await fetch(address + path, {
    headers,
    ...(order && { method: 'POST', body: JSON.stringify(order) }),
  });
  return answer.json();
};

const known = async (key: string) => {
  const { data } = await ask(`/v1/contacts?key=${encodeURIComponent(key)}`);
  return ask(`/v1/contacts/${data[0]?.id}`);
};

/** The picture that is shown once there has been time to draw it. */
const pictureOf = async (url: string) => {
  for (;;) {
    const answer = await fetch(url);
    const outcome = answer.headers.get('x-mergepix-outcome') ?? '';
    const bytes = Buffer.from(await answer.arrayBuffer()).toString('base64');
    if (!/late|overloaded/.test(outcome)) return { isDefaults: outcome.startsWith('defaults'), bytes };
  }
};

describe('mergepix contacts', () => {
  it("keeps every row and writes the references, which show everybody's own picture", async () => {
    writeFileSync(at('people.csv'), 'email,first_name,tier\namira@example.com,Amira,gold\nbo@example.com,"Bo, Jr",\n');
    const { code, out, err } = await contacts('people.csv', 'lists/references.csv');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('2 rows: 2 added, 0 changed, 0 unchanged, 0 failed');
    expect(read('lists/references.csv')).toMatch(
      /^email,mergepix\namira@example\.com,[\w-]{40}\nbo@example\.com,[\w-]{40}\n$/,
    );
    expect(await known('amira@example.com')).toMatchObject({
      reference: listOf('lists/references.csv').get('amira@example.com'),
      fields: { first_name: 'Amira', tier: 'gold' },
    });
    expect((await known('bo@example.com')).fields).toEqual({ first_name: 'Bo, Jr' });

    const { url } = await ask('/v1/links', { template: 'summer-rewards-hero', platform: 'hubspot' });
    const image = url.slice(0, url.indexOf('?'));
    const shown = [];
    for (const reference of [...listOf('lists/references.csv').values(), ''])
      shown.push(await pictureOf(`${image}?c=${reference}`));
    expect(shown.map(({ isDefaults }) => isDefaults)).toEqual([false, false, true]);
    expect(new Set(shown.map(({ bytes }) => bytes)).size, 'one picture for each').toBe(3);
  });

  it('writes only what changed when it is run again, under the references of before', async () => {
    writeFileSync(at('again.csv'), 'email,first_name,tier\na@example.com,Ann,gold\nb@example.com,Bob,gold\n');
    await contacts('again.csv', 'again-references.csv');
    const before = read('again-references.csv');
    const versions = [await known('a@example.com'), await known('b@example.com')].map(({ version }) => version);
    expect((await contacts('again.csv', 'again-references.csv')).out).toContain('0 added, 0 changed, 2 unchanged');

    writeFileSync(at('again.csv'), 'email,tier,city\na@example.com,gold,\nb@example.com,,Leeds\n');
    expect((await contacts('again.csv', 'again-references.csv')).out).toContain('0 added, 1 changed, 1 unchanged');
    expect(read('again-references.csv')).toBe(before);
    const [a, b] = [await known('a@example.com'), await known('b@example.com')];
    expect([a.version, b.version]).toEqual([versions[0], versions[1] + 1]);
    expect(b.fields).toEqual({ first_name: 'Bob', city: 'Leeds' });
  });

  it('tells which rows it could not keep and why, quotes none of them, and keeps the others', async () => {
    const long = 'x'.repeat(201);
    writeFileSync(
      at('bad.csv'),
      `email,first_name\nc@example.com,Cy\n,Secret\n c@example.com ,Secret\nd@example.com,Secret,more\n${long},Secret\ne@example.com,Eve\n`,
    );
    const { code, out, err } = await contacts('bad.csv', 'bad-references.csv');
    expect(code).toBe(1);
    expect(out).toContain('6 rows: 2 added, 0 changed, 0 unchanged, 4 failed');
    expect(out).toContain('row 2 failed:\n  email: is blank');
    expect(out).toContain('row 3 failed:\n  email: is the key of row 1 already');
    expect(out).toContain('row 4 failed:\n  has not as many cells as the header');
    expect(out).toContain('row 5 failed:\n  email: is too long: a key has at most 200 characters');
    expect(out + err).not.toMatch(/Secret|example\.com|xxx/);
    expect([...listOf('bad-references.csv').keys()]).toEqual(['c@example.com', 'e@example.com']);
    expect((await known('c@example.com')).fields).toEqual({ first_name: 'Cy' });
    const { out: json } = await contacts('bad.csv', 'bad-references.csv', '--json');
    const report = JSON.parse(json);
    expect(report).toMatchObject({ rows: 6, added: 0, unchanged: 2, failed: 4, references: 2 });
    expect(report.failures.map(({ row }: { row: number }) => row)).toEqual([2, 3, 4, 5]);
  });

  it('leaves keys as they are, and lets none through that a spreadsheet would run', async () => {
    const keys = ['+49 151 234', '@handle', '-a1', '=A1', 'a,b', 'a;b', 'say "hi"', 'Zoë', '007', 'x=SUM(1)'];
    const formulas = ['=HYPERLINK("http://a.example","b")', "+cmd|' /C calc'!A0", '@SUM(1+1)', "-1+'[b.xls]c'!A1"];
    const rows = [...keys, ...formulas].map((key) => `"${key.replaceAll('"', '""')}",Ann`);
    writeFileSync(at('keys.csv'), `email,first_name\n${rows.join('\n')}\n`);
    const { code, out } = await contacts('keys.csv', 'keys-references.csv');
    expect(code).toBe(1);
    expect(out.match(/is a formula that a spreadsheet would run/g)).toHaveLength(formulas.length);
    const cells = read('keys-references.csv')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.slice(0, -41));
    expect(cells).toEqual([
      ...['"+49 151 234"', '@handle', '-a1', '"=A1"', '"a,b"', '"a;b"', '"say ""hi"""', 'Zoë', '007', '"x=SUM(1)"'],
    ]);
    expect((await known('say "hi"')).fields).toEqual({ first_name: 'Ann' });
  });

  it('reads semicolons and JSON, with numbers as keys, and leaves the references of an earlier export out', async () => {
    writeFileSync(at('german.csv'), 'email;mergepix;first_name\nf@example.com;old;Fay\n');
    expect(await contacts('german.csv', 'german-references.csv')).toMatchObject({ code: 0 });
    expect((await known('f@example.com')).fields).toEqual({ first_name: 'Fay' });
    writeFileSync(at('people.json'), JSON.stringify([{ email: 42, first_name: 'Gus', points: 7 }, { email: [] }, 'x']));
    const { code, out } = await contacts('people.json', 'json-references.csv', '--column', 'MERGEPIX');
    expect(code).toBe(1);
    expect(out).toContain('3 rows: 1 added, 0 changed, 0 unchanged, 2 failed');
    expect(read('json-references.csv')).toMatch(/^email,MERGEPIX\n42,[\w-]{40}\n$/);
    expect((await known('42')).fields).toEqual({ first_name: 'Gus', points: 7 });
  });

  it.each([
    ['another file where the list goes', ['mine.csv', 'mine.csv'], /mine\.csv is there already and is no list/],
    ['no such column', ['typo.csv', 'none.csv'], /There is no column email in typo\.csv: did you mean emial\?/],
    ['two columns of one name', ['mine.csv', 'none.csv', '--column', 'email'], /Give --column a name/],
    ['a workspace that is not there', ['mine.csv', 'none.csv', '--workspace', 'nowhere'], /There is no open workspace/],
    ['a file that is missing', ['gone.csv', 'none.csv'], /gone\.csv cannot be read/],
  ])('refuses in one line, with nothing written: %s', async (_, [file = '', out = '', ...more], sentence) => {
    writeFileSync(at('mine.csv'), 'email,first_name\nh@example.com,Hal\n');
    writeFileSync(at('typo.csv'), 'emial\nh@example.com\n');
    const { code, err } = await contacts(file, out, ...more);
    expect(code).toBe(1);
    expect(err).toMatch(sentence);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(existsSync(at('none.csv'))).toBe(false);
    expect(read('mine.csv')).toBe('email,first_name\nh@example.com,Hal\n');
    expect((await ask('/v1/contacts?key=h@example.com')).data).toEqual([]);
  });

  it('goes on where it was killed when it is run again', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => `killed-${i},Name ${i}`);
    writeFileSync(at('long.csv'), `email,first_name\n${rows.join('\n')}\n`);
    const child = start(folder, ['contacts', 'long.csv', '--key', 'email', '--out', 'long-references.csv']);
    const closed = once(child, 'close');
    while (child.exitCode === null && (await ask('/v1/contacts?key=killed-500')).data.length === 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGKILL');
    await closed;
    const { code, out } = await contacts('long.csv', 'long-references.csv', '--json');
    const { added, unchanged, references } = JSON.parse(out);
    expect({ code, references, sum: added + unchanged }).toEqual({ code: 0, references: 3000, sum: 3000 });
    expect(unchanged).toBeGreaterThan(500);
    const dashed = [...listOf('long-references.csv').values()].filter((reference) => reference.startsWith('-'));
    expect(dashed, 'a spreadsheet takes them for formulas').toEqual([]);
  });

  it('gives the same references when two of them run at once', async () => {
    const rows = Array.from({ length: 1500 }, (_, i) => `twice-${i},Name ${i}`);
    writeFileSync(at('twice.csv'), `email,first_name\n${rows.join('\n')}\n`);
    const both = await Promise.all([
      contacts('twice.csv', 'one.csv', '--json'),
      contacts('twice.csv', 'two.csv', '--json'),
    ]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(listOf('one.csv')).toEqual(listOf('two.csv'));
    const added = both.map(({ out }) => JSON.parse(out).added);
    expect(added[0] + added[1]).toBe(1500);
  });
});
