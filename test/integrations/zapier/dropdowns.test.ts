import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish, swatch } from '../../e2e/service.ts';
import { runStep, startConnected, zapier } from './zapier.ts';

let made: Awaited<ReturnType<typeof startConnected>>;
beforeAll(async () => {
  made = await startConnected();
});
afterAll(async () => {
  await made.service.close();
  await zapier.close();
});

describe('the dropdowns', () => {
  const choose = (list: string, bundle: { inputData?: Record<string, unknown>; meta?: Record<string, unknown> } = {}) =>
    runStep<{ id: string; name: string }[]>(`triggers.${list}.operation.perform`, {
      authData: made.authData,
      ...bundle,
    });

  it('offer the templates that are published, and no others', async () => {
    await publish(made.service, swatch({ title: 'A swatch' }));
    await made.service.api('POST', '/v1/templates/draft/versions', swatch({ name: 'draft' }));
    const templates = await choose('list_templates');
    expect(templates).toContainEqual({ id: 'swatch', name: 'A swatch' });
    expect(templates.map(({ id }) => id)).not.toContain('draft');
  });

  it('offer the published versions of a template, the newest first, and whatever is live before them', async () => {
    await publish(made.service, swatch({ title: 'A swatch', background: '#eeeeee' }));
    expect(await choose('list_versions', { inputData: { template: 'swatch' } })).toEqual([
      { id: 'live', name: 'Live: whatever is published' },
      { id: '2', name: 'Version 2' },
      { id: '1', name: 'Version 1' },
    ]);
    expect(await choose('list_versions')).toEqual([]);
  });

  it('offer the sizes of the version that was chosen, and make pictures and links in them', async () => {
    const story = { title: 'Story', size: { width: 60, height: 90 } };
    await publish(made.service, swatch({ name: 'sized', variants: { story } }));
    await publish(made.service, swatch({ name: 'sized' }));
    const sizes = (inputData: object) => choose('list_variants', { inputData: { template: 'sized', ...inputData } });
    expect(await sizes({ version: '1' })).toEqual([{ id: 'story', name: 'Story, 60 x 90' }]);
    expect(await sizes({})).toEqual([]);
    expect(await choose('list_variants')).toEqual([]);
    const inputData = { template: 'sized', version: '1', variant: 'story' };
    const act = (key: string, more: object) =>
      runStep<{ html: string }>(`creates.${key}.operation.perform`, {
        authData: made.authData,
        inputData: { ...inputData, ...more },
      });
    const size = 'width="60" height="90"';
    expect((await act('generate_image', { 'field-first_name': 'Amira' })).html).toContain(size);
    expect((await act('create_merge_tag_link', { platform: 'mailchimp' })).html).toContain(size);
    await expect(act('generate_pdf', { 'field-first_name': 'Amira', variant: 'gone' })).rejects.toThrow(/variant/);
    await expect(
      act('generate_images_from_rows', { rows: [{ 'row-first_name': 'Amira' }], variant: 'gone' }),
    ).rejects.toThrow(/variant/);
  });

  it('go on page by page, however many there are, and end', async () => {
    for (let i = 0; i < 130; i++) {
      const name = `card-${String(i).padStart(3, '0')}`;
      // Those that are not published make no page empty, at which Zapier would stop.
      if (i < 110) await made.service.api('POST', `/v1/templates/${name}/versions`, swatch({ name }));
      else await publish(made.service, swatch({ name }));
    }
    const pages: string[][] = [];
    for (let page = 0; pages.at(-1)?.length !== 0; page++)
      pages.push((await choose('list_templates', { meta: { page } })).map(({ id }) => id));
    expect(pages.flat().filter((id) => id.startsWith('card-'))).toHaveLength(20);
    expect(pages.length).toBeGreaterThan(1);
  });
});
