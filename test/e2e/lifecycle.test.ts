import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

let service: TestService;
const keys: Record<string, string> = {};
beforeAll(async () => {
  service = await startTestService();
  for (const role of ['viewer', 'editor', 'approver'])
    keys[role] = ((await service.api('POST', '/v1/keys', { name: role, role })).body as { key: string }).key;
});
afterAll(() => service.close());

type Answer = { status: number; body: Record<string, unknown> };
const post = (path: string, body?: unknown, role?: string): Promise<Answer> =>
  service.api('POST', `/v1/templates/${path}`, body, role && keys[role]);
const colored = (name: string, color: string) =>
  swatch({ name, fields: { ...swatch().fields, color: { type: 'color', fallback: color } } });
const draft = async (name: string, color: string, role = 'editor'): Promise<void> => {
  expect((await post(`${name}/versions`, colored(name, color), role)).status).toBe(201);
};
const link = async (template: string, order: Record<string, unknown> = {}): Promise<string> => {
  const { status, body } = await service.api('POST', '/v1/links', { template, platform: 'klaviyo', ...order });
  expect(status, JSON.stringify(body)).toBe(201);
  return service.url + new URL((body as { url: string }).url).pathname;
};
const [red, green, blue] = ['#ff0000', '#00ff00', '#0000ff'];

describe('the life of a version', () => {
  it('goes from draft over review to published, and a later state is never left by accident', async () => {
    await draft('life', red);
    const submitted = await post('life/versions/1/submit', { note: 'Red for summer' }, 'editor');
    expect(submitted.body).toMatchObject({ state: 'in_review', note: 'Red for summer', digest: expect.any(String) });
    expect((await post('life/versions/1/submit')).body).toMatchObject({ code: 'version_conflict' });
    expect((await post('life/versions/1/publish', {}, 'editor')).body).toMatchObject({ code: 'forbidden' });
    const published = await post('life/versions/1/publish', {}, 'approver');
    expect(published.body).toMatchObject({ state: 'published', digest: submitted.body.digest, note: 'Red for summer' });
    expect(published.body.publishedBy).not.toBe(published.body.createdBy);
    expect((await post('life/versions/1/reject', { note: 'no' })).body).toMatchObject({ code: 'version_conflict' });
    expect((await service.api('GET', '/v1/templates/life')).body).toMatchObject({
      channels: { production: 1, staging: null },
    });
  });

  it('is published as it was when it was handed in, whatever is uploaded meanwhile', async () => {
    const upload = async (background: string) => {
      const picture = sharp({ create: { width: 8, height: 8, channels: 3, background } });
      expect((await service.api('PUT', '/v1/assets/sky', await picture.png().toBuffer())).status).toBeLessThan(300);
    };
    const sky = { id: 'sky', type: 'image', src: 'asset:sky', box: { x: 0, y: 0, width: 100, height: 40 } };
    await upload(green);
    await post('seen/versions', swatch({ name: 'seen', layers: [sky] }));
    const { digest } = (await post('seen/versions/1/submit')).body;
    await upload(blue);
    expect((await post('seen/versions/1/publish')).body).toMatchObject({ digest });
    expect(await look(await link('seen'))).toMatchObject({ color: green });
  });

  it('goes back to its author with a note, and can be handed in again', async () => {
    await draft('sent-back', red);
    await post('sent-back/versions/1/submit');
    await post('sent-back/versions/1/publish', { channel: 'staging' });
    expect((await post('sent-back/versions/1/reject', {}, 'approver')).body).toMatchObject({ code: 'request_invalid' });
    const rejected = await post('sent-back/versions/1/reject', { note: 'Too red' }, 'approver');
    expect(rejected.body).toMatchObject({ state: 'draft', digest: null, note: 'Too red' });
    expect((await service.api('GET', '/v1/templates/sent-back')).body).toMatchObject({ channels: { staging: null } });
    expect((await post('sent-back/versions/1/submit', undefined, 'editor')).body).toMatchObject({ state: 'in_review' });
  });

  it('ends retired: nothing new is made with it, and what is pinned to it serves on', async () => {
    await publish(service, colored('old', red));
    const pinned = await link('old', { version: 1 });
    expect((await post('old/versions/1/retire')).body).toMatchObject({ code: 'version_conflict' });
    await publish(service, colored('old', green));
    expect((await post('old/versions/1/retire', undefined, 'editor')).body).toMatchObject({ code: 'forbidden' });
    expect((await post('old/versions/1/retire')).body).toMatchObject({ state: 'retired' });
    expect(await look(`${pinned}?s=1`)).toMatchObject({ color: red });
    const order = { template: 'old', version: 1, data: { first_name: 'Bo' } };
    expect((await service.api('POST', '/v1/generate', order)).body).toMatchObject({ code: 'template_not_found' });
    expect((await service.api('POST', '/v1/links', { template: 'old', version: 1, platform: 'klaviyo' })).status).toBe(
      404,
    );
    expect((await post('old/versions/1/publish')).body).toMatchObject({ code: 'version_conflict' });
    expect((await post('old/rollback')).body).toMatchObject({ code: 'version_conflict' });
  });
});

describe('channels', () => {
  it('show on staging what is not approved, and on production only what is', async () => {
    await publish(service, colored('stage', red));
    const [staging, production] = [await link('stage', { channel: 'staging' }), await link('stage')];
    expect(await look(staging)).toMatchObject({ color: red });
    await draft('stage', green);
    const staged = await post('stage/versions/2/publish', { channel: 'staging' }, 'editor');
    expect(staged).toMatchObject({ status: 200, body: { state: 'draft' } });
    expect(await look(staging)).toMatchObject({ color: green });
    expect(await look(production)).toMatchObject({ color: red });
    expect(
      (await service.api('POST', '/v1/links', { template: 'stage', version: 2, platform: 'klaviyo' })).status,
    ).toBe(404);
    await post('stage/versions/2/publish');
    expect(await look(production)).toMatchObject({ color: green });
  });

  it('lose no step when several versions are published at once', async () => {
    for (const color of [red, green, blue, red]) await draft('race', color);
    const answers = await Promise.all([1, 2, 3, 4].map((version) => post(`race/versions/${version}/publish`)));
    const published = answers.filter(({ status }) => status === 200);
    expect(answers.every(({ status, body }) => status === 200 || body.code === 'version_conflict')).toBe(true);
    let back = 0;
    while ((await post('race/rollback')).status === 200) back++;
    expect(back).toBe(published.length - 1);
  });

  it('go back in one call, further with every call, and forward again', async () => {
    const address = await (async () => {
      for (const color of [red, green, blue]) await publish(service, colored('back', color));
      return link('back');
    })();
    expect(await look(address)).toMatchObject({ color: blue });
    expect((await post('back/rollback', undefined, 'editor')).body).toMatchObject({ code: 'forbidden' });
    expect((await post('back/rollback', undefined, 'approver')).body).toEqual({
      channel: 'production',
      version: 2,
      before: 3,
      warnings: [],
    });
    expect(await look(address)).toMatchObject({ color: green });
    expect((await post('back/rollback')).body).toMatchObject({ version: 1 });
    expect(await look(address)).toMatchObject({ color: red });
    expect((await post('back/rollback')).body).toMatchObject({ code: 'version_conflict' });
    expect((await post('back/rollback', { to: 3 })).body).toMatchObject({ version: 3 });
    expect((await post('back/rollback')).body).toMatchObject({ version: 1 });
    expect((await post('back/rollback', { to: 9 })).body).toMatchObject({ code: 'version_conflict' });
    await post('back/versions/2/publish');
    expect(await look(address)).toMatchObject({ color: green });
  });
});

describe('an editor', () => {
  const headline = (template: ReturnType<typeof swatch>, editable: string[]) => ({
    ...template,
    layers: template.layers.map((layer) => (layer.id === 'half' ? { ...layer, fill: red, editable } : layer)),
  });
  const edit = (name: string, version: number, layers: unknown, publish = true, role = 'editor') =>
    post(`${name}/versions/${version}/edit`, { layers, publish }, role);

  it('changes what the designer left open in production, and nothing else', async () => {
    await publish(service, headline(swatch({ name: 'open' }), ['fill']));
    const address = await link('open');
    expect(await look(address)).toMatchObject({ color: red });
    const edited = await edit('open', 1, { half: { fill: green } });
    expect(edited).toMatchObject({ status: 201, body: { version: 2, state: 'published' } });
    expect(await look(address)).toMatchObject({ color: green });
    const { code, faults } = (await edit('open', 2, { half: { fill: blue, opacity: 0 }, hlaf: { fill: blue } })).body;
    expect(code).toBe('edit_refused');
    expect(faults).toEqual([
      { path: 'layers.half.opacity', message: 'is not editable: only fill may change' },
      { path: 'layers.hlaf', message: 'is no layer of this template: did you mean half?' },
    ]);
    expect((await edit('open', 2, { name: { text: 'x' } })).body).toMatchObject({ code: 'edit_refused' });
    expect((await edit('open', 2, { half: { editable: ['opacity'] } })).body).toMatchObject({ code: 'edit_refused' });
    expect((await edit('open', 2, { half: { fill: 'reddish' } })).body).toMatchObject({ code: 'template_invalid' });
    expect((await edit('open', 2, { half: { fill: blue } }, true, 'viewer')).status).toBe(403);
    expect(await look(address)).toMatchObject({ color: green });
  });

  it('starts from what production shows, and cannot publish anything else that way', async () => {
    expect((await edit('open', 1, { half: { fill: blue } })).body).toMatchObject({ code: 'version_conflict' });
    const aside = await edit('open', 1, { half: { fill: blue } }, false);
    expect(aside.body).toMatchObject({ state: 'draft' });
    expect((await edit('open', aside.body.version as number, { half: { fill: red } })).body).toMatchObject({
      code: 'version_conflict',
    });
  });

  it('needs somebody else where the workspace wants every change reviewed, and so does an approver', async () => {
    await service.api('PATCH', '/v1/workspace', { settings: { requireReview: true } });
    try {
      expect((await edit('open', 2, { half: { fill: blue } })).body).toMatchObject({ code: 'review_required' });
      await draft('two', red, 'approver');
      expect((await post('two/versions/1/publish', {}, 'approver')).body).toMatchObject({ code: 'review_required' });
      await post('two/versions/1/submit', {}, 'approver');
      expect((await post('two/versions/1/publish', {}, 'approver')).body).toMatchObject({ code: 'review_required' });
      expect((await post('two/versions/1/publish')).body).toMatchObject({ state: 'published' });
      await draft('two', green, 'editor');
      expect((await post('two/versions/2/publish', {}, 'approver')).body).toMatchObject({ code: 'review_required' });
      await post('two/versions/2/submit', {}, 'editor');
      expect((await post('two/versions/2/publish', {}, 'approver')).body).toMatchObject({ state: 'published' });
      expect((await post('two/rollback', {}, 'approver')).body).toMatchObject({ version: 1 });
    } finally {
      await service.api('PATCH', '/v1/workspace', { settings: { requireReview: false } });
    }
  });
});

describe('sets of data', () => {
  const tight = swatch({ name: 'tight', datasets: { longest: { first_name: 'Wolfeschlegelsteinhausenbergerdorff' } } });
  const sets = (method: string, set = '', body?: unknown, role = 'editor') =>
    service.api(method, `/v1/templates/tight/datasets${set}`, body, keys[role]) as Promise<Answer>;

  it('keep a template whose own longest text is cut from being published, unless that is waived', async () => {
    await post('tight/versions', tight);
    const refused = await post('tight/versions/1/publish');
    expect(refused.body).toMatchObject({
      code: 'template_not_publishable',
      faults: [{ path: 'datasets.longest', message: expect.stringContaining('the text of name is cut off') }],
    });
    expect((await post('tight/versions/1/submit')).body).toMatchObject({ code: 'template_not_publishable' });
    const submitted = await post('tight/versions/1/submit', { waive: ['longest'], note: 'Nobody is called that' });
    expect(submitted.body).toMatchObject({ state: 'in_review', waived: ['longest'] });
    expect((await post('tight/versions/1/publish')).body).toMatchObject({ state: 'published', waived: ['longest'] });
  });

  it('may be kept beside the template, win over those of its document, and stand for the next version', async () => {
    expect((await sets('PUT', '/longest', { data: { first_name: 'Bo' } }, 'viewer')).status).toBe(403);
    expect((await sets('PUT', '/longest', { data: { frist_name: 'Bo' } })).body).toMatchObject({
      code: 'data_invalid',
    });
    expect((await sets('PUT', '/longest', { data: { first_name: 'Bo' } })).status).toBe(200);
    const { data } = (await sets('GET')).body as { data: { name: string; origin: string }[] };
    const origins = Object.fromEntries(data.map(({ name, origin }) => [name, origin]));
    expect(origins).toMatchObject({ longest: 'kept', good: 'standard', emoji: 'standard' });
    await post('tight/versions', tight);
    expect((await post('tight/versions/2/publish')).body).toMatchObject({ state: 'published', waived: [] });
    expect((await sets('DELETE', '/longest')).status).toBe(204);
    expect((await sets('DELETE', '/longest')).body).toMatchObject({ code: 'dataset_not_found' });
    expect((await sets('GET', '/longest')).body).toMatchObject({ origin: 'document' });
    expect((await sets('GET', '/nothing')).body).toMatchObject({ code: 'dataset_not_found' });
  });
});

describe('a review', () => {
  const fetchPicture = (url: string) =>
    look(service.url + url, { headers: { authorization: `Bearer ${keys.viewer}` } });
  type Side = { url: string; warnings: unknown[] } | null;
  type Row = { set: string; changed: number; mean: number; before: Side; after: Side; difference: string };
  const review = async (path: string): Promise<{ base: number | null; rows: Record<string, Row> }> => {
    const { status, body } = await service.api('GET', `/v1/templates/${path}/review`, undefined, keys.viewer);
    expect(status, JSON.stringify(body)).toBe(200);
    const { base, sets } = body as { base: number | null; sets: Row[] };
    return { base, rows: Object.fromEntries(sets.map((row) => [row.set, row])) };
  };

  it('shows how much of the picture changes with each set of data, and where', async () => {
    await publish(service, colored('seen-in-review', red));
    await post('seen-in-review/versions', {
      ...colored('seen-in-review', green),
      datasets: { chosen: { first_name: 'Bo', color: blue } },
    });
    const { base, rows } = await review('seen-in-review/versions/2');
    expect(base).toBe(1);
    expect(Object.keys(rows)).toEqual(expect.arrayContaining(['chosen', 'good', 'blank', 'longest', 'emoji']));
    expect(rows.blank?.changed).toBeCloseTo(0.5, 1);
    expect(rows.blank?.mean).toBeGreaterThan(0.1);
    expect(rows.chosen).toMatchObject({ changed: 0, mean: 0 });
    expect(rows.longest?.after?.warnings).toContainEqual(expect.objectContaining({ code: 'ellipsis' }));
    expect(await fetchPicture(rows.blank?.before?.url ?? '')).toMatchObject({ color: red });
    expect(await fetchPicture(rows.blank?.after?.url ?? '')).toMatchObject({ color: green });
    expect(await fetchPicture(rows.blank?.difference ?? '')).toMatchObject({
      color: '#ff0000',
      width: 100,
      height: 40,
    });
  });

  it('has nothing before the first version, and what was shown before for the one that is shown', async () => {
    await post('first/versions', colored('first', red));
    const { base, rows } = await review('first/versions/1');
    expect({ base, before: rows.good?.before, changed: rows.good?.changed }).toEqual({
      base: null,
      before: null,
      changed: null,
    });
    const missing = await service.api('GET', '/v1/templates/first/versions/1/review/good/before.png');
    expect(missing.body).toMatchObject({ code: 'dataset_not_found' });
    await post('seen-in-review/versions/2/publish');
    expect(await review('seen-in-review/versions/2')).toMatchObject({ base: 1 });
  });

  it('compares pictures of different sizes', async () => {
    await post('first/versions/1/publish');
    await post('first/versions', { ...colored('first', red), size: { width: 200, height: 40 } });
    const { rows } = await review('first/versions/2');
    expect(rows.blank?.changed).toBeGreaterThan(0.4);
  });
});

describe('the rules of a workspace', () => {
  it('keep what is off the brand or the dictionary from being handed in, and from being published later', async () => {
    expect((await service.api('PUT', '/v1/workspace/brand', { colors: [red] }, keys.approver)).status).toBe(403);
    const branded = swatch({ name: 'branded' });
    await post('branded/versions', branded);
    await post('branded/versions/1/submit');
    const fields = { first_name: { type: 'text', maxLength: 20, fallback: 'there' } };
    expect((await service.api('PUT', '/v1/workspace/dictionary', { fields })).status).toBe(204);
    const brand = { colors: ['#ffffff', '#000000'], fonts: ['Inter'] };
    expect((await service.api('PUT', '/v1/workspace/brand', brand)).body).toEqual(brand);
    try {
      const faults = [
        { path: 'fields.color.fallback', message: expect.stringContaining('#808080 is not a colour of the brand') },
        { path: 'fields.first_name.maxLength', message: expect.stringContaining('field dictionary') },
      ];
      const refused = await post('branded/versions/1/publish');
      expect(refused.body).toMatchObject({ code: 'template_not_publishable', faults });
      await post('branded/versions', branded);
      expect((await post('branded/versions/2/submit')).body).toMatchObject({
        code: 'template_not_publishable',
        faults,
      });
      expect((await post('validate', { document: branded }, 'viewer')).body).toEqual({ faults });
    } finally {
      await service.api('PUT', '/v1/workspace/brand', {});
      await service.api('PUT', '/v1/workspace/dictionary', { fields: {} });
    }
    expect((await post('validate', { document: branded })).body).toEqual({ faults: [] });
    const { faults } = (await post('validate', { document: { ...branded, layers: 'none', tilte: 'x' } })).body;
    expect((faults as { path: string }[]).map(({ path }) => path)).toEqual(expect.arrayContaining(['layers', 'tilte']));
  });
});

describe('templates in a list', () => {
  it('are found by a part of their name, a tag, or the state of their newest version', async () => {
    await publish(service, swatch({ name: 'find-one' }));
    await draft('find-two', red);
    const tagged = await service.api('PUT', '/v1/templates/find-two', { tags: ['summer', 'été 2026', 'summer'] });
    expect(tagged.body).toMatchObject({ name: 'find-two', tags: ['summer', 'été 2026'] });
    expect((await service.api('PUT', '/v1/templates/find-none', { tags: [] })).status).toBe(404);
    expect((await service.api('PUT', '/v1/templates/find-two', { tags: ['50%'] })).status).toBe(400);
    const names = async (query: string) => {
      const { body } = await service.api('GET', `/v1/templates?search=find&${query}`);
      return (body as { data: { name: string }[] }).data.map(({ name }) => name);
    };
    expect(await names('')).toEqual(['find-one', 'find-two']);
    expect(await names('state=published')).toEqual(['find-one']);
    expect(await names(`tag=${encodeURIComponent('été 2026')}`)).toEqual(['find-two']);
    expect(await names('tag=summ')).toEqual([]);
    expect(await names('state=draft&limit=1&after=find-one')).toEqual(['find-two']);
  });

  it('are downloaded as a zip of their folder', async () => {
    const response = await fetch(`${service.url}/v1/templates/find-one/versions/1/export`, {
      headers: { authorization: `Bearer ${keys.viewer}` },
    });
    expect(response.headers.get('content-type')).toBe('application/zip');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.toString('latin1')).toMatch(/^PK.*template\.json/s);
  });
});

describe('a revoked template', () => {
  it('shows the neutral picture on every link and picture of it, for good', async () => {
    await publish(service, colored('gone', red));
    const { body } = await service.api('POST', '/v1/generate', { template: 'gone', data: { first_name: 'Bo' } });
    const addresses = [
      await link('gone'),
      await link('gone', { version: 1 }),
      service.url + new URL((body as { url: string }).url).pathname,
    ];
    for (const address of addresses) expect(await look(address)).toMatchObject({ color: red });
    expect((await service.api('DELETE', '/v1/templates/gone', undefined, keys.editor)).status).toBe(403);
    expect((await service.api('DELETE', '/v1/templates/gone')).status).toBe(204);
    for (const address of addresses) {
      const shown = await look(address);
      expect(shown).toMatchObject({ status: 200, outcome: 'neutral; unpublished' });
    }
    expect((await service.api('DELETE', '/v1/templates/gone')).status).toBe(404);
    expect((await service.api('GET', '/v1/templates/gone')).body).toMatchObject({ revokedAt: expect.any(String) });
    expect((await post('gone/versions', colored('gone', red))).body).toMatchObject({ code: 'template_revoked' });
    expect((await post('gone/versions/1/publish')).body).toMatchObject({ code: 'template_revoked' });
  });
});

it('every step is in the audit log, with who took it', async () => {
  const rows = await service.services.records.selectFrom('audit').select(['action', 'subject', 'actor']).execute();
  const said = rows.map(({ action, subject }) => `${action} ${subject}`);
  expect(said).toEqual(
    expect.arrayContaining([
      'template.drafted life@1',
      'template.submitted life@1',
      'template.published life@1',
      'template.rejected sent-back@1',
      'template.staged stage@2',
      'template.retired old@1',
      'template.rolled_back back@2 production',
      'template.revoked gone',
    ]),
  );
  const actors = new Set(rows.filter(({ subject }) => subject === 'life@1').map(({ actor }) => actor));
  expect(actors.size).toBe(2);
});
