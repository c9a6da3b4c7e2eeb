import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRecords } from '../../server/stores/records/index.ts';
import { listVersions } from '../../server/stores/records/templates.ts';
import { fontFile } from '../coverage.ts';
import { card, makeFolder, pixelOf, run, writeTemplate } from './command.ts';

const folder = makeFolder();
const away = join(folder, 'away');
const env = { MERGEPIX_DATA_DIR: join(folder, 'data') };
const { first_name, ...otherFields } = card.fields;
const { fallback: _, ...withoutFallback } = first_name;

beforeAll(async () => {
  await writeTemplate(folder);
  await writeTemplate(folder, { ...card, name: 'open-card', links: { allowMerge: true } });
  await writeTemplate(folder, {
    ...card,
    name: 'unready',
    fields: { ...otherFields, first_name: withoutFallback },
    layers: [{ ...card.layers[2], fit: {} }],
  });
  await writeTemplate(folder, { ...card, name: 'bare', layers: [{ ...card.layers[1], src: 'asset:lost' }] });
});

describe('mergepix template validate', () => {
  it('finds nothing wrong with a good template, given as a file or as a folder', async () => {
    const { code, out, err } = await run(folder, ['template', 'validate', 'card', 'open-card/template.json']);
    expect({ code, out, err }).toEqual({ code: 0, out: 'card: good\nopen-card/template.json: good\n', err: '' });
  });

  it('lists every fault of every file with its path and exits with 1', async () => {
    mkdirSync(join(folder, 'text'), { recursive: true });
    writeFileSync(join(folder, 'text', 'template.json'), '{ not json');
    const { code, out, err } = await run(folder, ['template', 'validate', 'card', 'unready', 'bare', 'text', 'gone']);
    expect(code).toBe(1);
    expect(out).toBe('card: good\n');
    expect(err).toContain('unready: 2 faults\n  fields.first_name: has no fallback');
    expect(err).toContain('  layers.0.fit.maxLines: is missing');
    expect(err).toContain('bare: 1 fault\n  asset:lost: put a picture called lost.jpg');
    expect(err).toContain(`into ${join('bare', 'assets')}`);
    expect(err).toContain('text/template.json is not JSON');
    expect(err).toContain('gone cannot be read');
  });

  it('does not keep back what publishing needs because a picture is missing', async () => {
    const layers = [
      { ...card.layers[1], src: 'asset:lost' },
      { ...card.layers[2], fit: {} },
    ];
    await writeTemplate(folder, { ...card, name: 'both', layers });
    const { err } = await run(folder, ['template', 'validate', 'both']);
    expect(err).toContain('both: 2 faults\n  layers.1.fit.maxLines: is missing');
    expect(err).toContain('\n  asset:lost: put a picture');
  });

  it('takes the fonts beside a template as those of its own, and says what is wrong with one', async () => {
    const lettered = (name: string, fontFamily: string) =>
      writeTemplate(folder, { ...card, name, layers: [{ ...card.layers[2], fontFamily }] });
    await lettered('own-font', 'Acme Hand');
    await lettered('bundled-font', 'Caveat');
    expect((await run(folder, ['template', 'validate', 'own-font'])).err).toContain('layers.0.fontFamily');
    const fonts = join(folder, 'own-font', 'fonts');
    mkdirSync(join(fonts, 'Acme Hand'), { recursive: true });
    writeFileSync(join(fonts, 'Acme Hand', 'regular.ttf'), fontFile('Caveat'));
    expect(await run(folder, ['template', 'validate', 'own-font'])).toMatchObject({ code: 0, out: 'own-font: good\n' });
    const drawn: Buffer[] = [];
    for (const name of ['own-font', 'bundled-font']) {
      expect((await run(folder, ['render', name, '--data', 'first_name=Zoe', '--out', `${name}.png`])).code).toBe(0);
      drawn.push(
        await sharp(join(folder, `${name}.png`))
          .raw()
          .toBuffer(),
      );
    }
    expect(drawn[0]).toEqual(drawn[1]);

    expect((await run(folder, ['template', 'publish', 'own-font'], env)).code).toBe(0);
    expect((await run(folder, ['template', 'export', 'own-font', '--out', 'font-out'], env)).code).toBe(0);
    expect(readFileSync(join(folder, 'font-out', 'fonts', 'Acme Hand', '400.ttf'))).toEqual(fontFile('Caveat'));

    writeFileSync(join(fonts, 'Inter.ttf'), fontFile('Inter'));
    writeFileSync(join(fonts, 'web.woff2'), 'wOF2 and so on');
    const { code, err } = await run(folder, ['template', 'validate', 'own-font']);
    expect(code).toBe(1);
    expect(err).toContain('fonts/Inter.ttf: The family Inter comes with the product');
    expect(err).toContain('fonts/web.woff2: This is a WOFF file');
  }, 90_000);

  it('gives the same as JSON when asked', async () => {
    const { code, out } = await run(folder, ['template', 'validate', 'card', 'unready', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject([
      { file: 'card', faults: [] },
      { file: 'unready', faults: [{ path: 'fields.first_name' }, { path: 'layers.0.fit.maxLines' }] },
    ]);
  });
});

describe('mergepix template publish, list and link', () => {
  it('publishes templates as the next versions of their names, and lists them', async () => {
    const published = await run(folder, ['template', 'publish', 'card', 'open-card', '--json']);
    expect(published).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(published.out)).toEqual([
      { name: 'card', version: 1, warnings: [] },
      { name: 'open-card', version: 1, warnings: [] },
    ]);
    const { out } = await run(folder, ['template', 'list', '--json']);
    expect(JSON.parse(out)).toContainEqual({ name: 'card', version: 1, state: 'published' });
  });

  it('keeps the pictures beside a published template, for use by its name from anywhere', async () => {
    mkdirSync(away, { recursive: true });
    const data = ['--data', 'first_name=Ann', '--data', 'photo=asset:somebody'];
    const { code, err } = await run(away, ['render', 'card', ...data, '--out', 'a.png'], env);
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(await pixelOf(join(away, 'a.png'), 5, 15)).toBe('#0000ff');
  });

  it('suggests the published template whose name was misspelled', async () => {
    const { err } = await run(away, ['render', 'crad', '--out', 'a.png'], env);
    expect(err).toBe('mergepix: There is no template crad: did you mean card?\n');
  });

  it('says of a draft that nothing of it is published', async () => {
    const own = { MERGEPIX_DATA_DIR: join(folder, 'drafts') };
    await run(folder, ['template', 'import', 'card'], own);
    const { code, err } = await run(away, ['render', 'card', '--out', 'a.png'], own);
    expect(code).toBe(1);
    expect(err).toBe(
      'mergepix: The template card has no published version: publish one first, or give the path of its template.json.\n',
    );
  });

  it('keeps nothing of a template that is not ready', async () => {
    const { code, err } = await run(folder, ['template', 'publish', 'unready']);
    expect(code).toBe(1);
    expect(err).toContain('mergepix: unready cannot be published yet.\n  fields.first_name: has no fallback');
    expect((await run(folder, ['template', 'list'])).out).not.toContain('unready');
  });

  it('prints the address and the block of a link in contact mode', async () => {
    const { code, out } = await run(folder, ['link', 'card', '--platform', 'mailchimp', '--json']);
    expect(code).toBe(0);
    const { url, html, alt, notes } = JSON.parse(out);
    expect(notes).toContain('A test email fills in no contact, so it shows the defaults.');
    expect(url).toMatch(/^http:\/\/localhost:8080\/i\/[\w.-]+\.png\?c=\*\|MERGEPIX\|\*/);
    expect(html).toMatch(/^<img src="http:\/\/localhost:8080\/i\/.+ width="60" height="30"/);
    expect(alt).toBe('For you');
  });

  it("writes the platform's own tags in merge mode, and the send", async () => {
    const args = ['link', 'open-card', '--platform', 'klaviyo', '--mode', 'merge', '--send', 'spring'];
    const { code, out, err } = await run(folder, [...args, '--field', 'first_name=first_name']);
    expect(code).toBe(0);
    expect(out).toContain("?s=spring&first_name={{ first_name|default:''|urlencode }}");
    expect(err).toContain('note: No recipient can open http://localhost:8080: set MERGEPIX_PUBLIC_URL');
    expect(err).toContain('note: A property that a profile does not have renders empty');
    const inPublic = { MERGEPIX_PUBLIC_URL: 'https://img.example.com' };
    const reachable = await run(folder, ['link', 'card', '--platform', 'klaviyo'], inPublic);
    expect(reachable.out).toContain('https://img.example.com/i/');
    expect(reachable.err).not.toContain('No recipient');
  });

  it.each([
    ['a template that does not allow merge mode', ['card', '--mode', 'merge', '--field', 'tier=TIER'], 1, /allowMerge/],
    ['a field the template does not have', ['open-card', '--mode', 'merge', '--field', 'teir=TIER'], 1, /mean tier\?/],
    ['a tag the platform cannot have', ['open-card', '--mode', 'merge', '--field', 'tier=a b'], 1, /fields\.tier\.tag/],
    ['a template that is not published', ['crad'], 1, /crad has no published version/],
    ['a mode there is not', ['card', '--mode', 'magic'], 2, /Allowed choices are contact, merge/],
    ['a field without a tag', ['card', '--field', 'tier'], 2, /first_name=FNAME/],
  ])('refuses a link for %s', async (_, args, exitCode, sentence) => {
    const { code, err, out } = await run(folder, ['link', ...args, '--platform', 'mailchimp']);
    expect({ code, out }).toEqual({ code: exitCode, out: '' });
    expect(err).toMatch(sentence);
  });
});

describe('mergepix template diff', () => {
  it('prints how much of the picture changes with every set of data', async () => {
    const layers = [{ ...card.layers[0], fill: "{% if tier == 'gold' %}#ffcc00{% else %}#000000{% endif %}" }];
    const datasets = { rich: { tier: 'gold' } };
    await writeTemplate(folder, { ...card, name: 'dark', layers: [...layers, ...card.layers.slice(1)], datasets });
    const { code, out } = await run(folder, ['template', 'diff', 'card', 'dark']);
    expect(code).toBe(0);
    expect(out).toMatch(/^set +changed +mean +texts +warnings$/m);
    expect(out).toMatch(/^rich +0\.00% +0\.00% +0 +blank$/m);
    const { out: json } = await run(folder, ['template', 'diff', 'card', 'dark', '--json']);
    const blank = (JSON.parse(json) as { set: string; changed: number }[]).find(({ set }) => set === 'blank');
    expect(blank?.changed).toBeGreaterThan(0.4);
  });

  it('writes a page with every option, picture and text that differs, for two versions of one template, too', async () => {
    const [sheet, photo, name] = card.layers;
    const datasets = { long: { first_name: 'Amira <b>&', tier: 'gold' }, short: { first_name: 'Al' } };
    await writeTemplate(folder, { ...card, name: 'news', datasets });
    await run(folder, ['template', 'publish', 'news']);
    const narrow = { ...name, box: { ...name.box, width: 30 } };
    const extra = {
      id: 'extra',
      type: 'shape',
      shape: 'rect',
      box: { x: 0, y: 28, width: 2, height: 2 },
      fill: '#000000',
    };
    await writeTemplate(folder, { ...card, name: 'news', datasets, layers: [photo, sheet, narrow, extra] });
    await run(folder, ['template', 'publish', 'news']);
    const { code, out, err } = await run(folder, [
      'template',
      'diff',
      'news@1',
      'news@2',
      '--out',
      'diff.html',
      '--json',
    ]);
    expect({ code, err }).toEqual({ code: 0, err: 'note: look at diff.html\n' });
    const sets = JSON.parse(out) as {
      set: string;
      texts: { layer: string; before: object; after: { size: number } }[];
    }[];
    const [moved] = sets.find(({ set }) => set === 'long')?.texts ?? [];
    expect(moved).toMatchObject({ layer: 'name', before: { rung: 'shrunk' }, after: { size: 6, rung: 'ellipsis' } });
    expect(sets.find(({ set }) => set === 'short')?.texts).toEqual([]);

    const page = readFileSync(join(folder, 'diff.html'), 'utf8');
    expect(page).toContain('<h1>news@1 → news@2</h1>');
    expect(page).toContain('>layers.name.box.width</th><td class="old">36</td><td class="new">30</td>');
    expect(page).toContain(
      '>layers.extra</th><td class="old"><span class="none">none</span></td><td class="new">shape</td>',
    );
    expect(page).toContain(
      '>layers</th><td class="old">sheet, photo, name</td><td class="new">photo, sheet, name</td>',
    );
    expect(page).toContain('Amira &#60;b&#62;&amp;');
    expect(page).not.toContain('<b>');
    expect(page).toContain('src="data:image/webp;base64,UklGR');
    expect(page).toMatch(/src="data:image\/png;base64,iVBOR/);
    // Nothing is loaded from elsewhere.
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
  });
});

describe('mergepix template export and import', () => {
  it('take a template to a folder and back without changing it', async () => {
    const own = { MERGEPIX_DATA_DIR: join(folder, 'there') };
    const datasets = { good: { first_name: 'Ann', photo: 'asset:somebody' } };
    await writeTemplate(folder, { ...card, name: 'trip', datasets });
    expect((await run(folder, ['template', 'publish', 'trip'], own)).code).toBe(0);
    const exported = await run(folder, ['template', 'export', 'trip', '--out', 'out/trip', '--json'], own);
    expect(JSON.parse(exported.out)).toEqual({
      name: 'trip',
      version: 1,
      files: ['template.json', 'assets/nobody.png', 'assets/somebody.png'],
    });
    expect(readFileSync(join(folder, 'out/trip/assets/nobody.png'))).toEqual(
      readFileSync(join(folder, 'trip/assets/nobody.png')),
    );
    const again = await run(folder, ['template', 'import', 'out/trip'], own);
    expect(again).toMatchObject({ code: 0, out: 'trip: version 2, a draft\n' });
    const elsewhere = { MERGEPIX_DATA_DIR: join(folder, 'elsewhere') };
    for (const target of [own, elsewhere]) await run(folder, ['template', 'publish', 'out/trip'], target);
    expect(new Set([...(await digests(own)), ...(await digests(elsewhere))]).size).toBe(1);
    const second = await run(folder, ['template', 'export', 'trip@2', '--out', 'out/second'], own);
    expect(second.out).toBe('trip: version 2, 3 files in out/second\n');
    const text = (name: string) => readFileSync(join(folder, 'out', name, 'template.json'), 'utf8');
    expect(text('second')).toBe(text('trip'));
  });

  it('say what is not there', async () => {
    const { code, err } = await run(folder, ['template', 'export', 'nothing', '--out', 'out/nothing']);
    expect({ code, err }).toEqual({
      code: 1,
      err: 'mergepix: There is no template nothing: see mergepix template list.\n',
    });
  });
});

/** The digests of all published versions of `trip` in a data folder. */
async function digests({ MERGEPIX_DATA_DIR }: { MERGEPIX_DATA_DIR: string }): Promise<(string | null)[]> {
  const db = await openRecords(`sqlite:${join(MERGEPIX_DATA_DIR, 'mergepix.db')}`, Date.now());
  try {
    const versions = await listVersions(db, { workspace: 'default', name: 'trip', limit: 10 });
    return versions.filter(({ state }) => state === 'published').map(({ digest }) => digest);
  } finally {
    await db.destroy();
  }
}
