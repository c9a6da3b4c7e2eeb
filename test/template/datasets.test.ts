import { describe, expect, it } from 'vitest';
import { applyContract } from '../../core/template/contract.ts';
import { standardSets } from '../../core/template/datasets.ts';
import { parseTemplate } from '../../core/template/parse.ts';

const template = parseTemplate({
  name: 'sets',
  size: { width: 10, height: 10 },
  alt: 'Sets',
  fields: {
    name: { type: 'text', fallback: 'there', maxLength: 50, junk: ['none', 'test'], sample: 'Amira' },
    code: { type: 'text', fallback: '', pattern: '[A-Z]{2}[0-9]+', sample: 'AB12' },
    arabic: { type: 'text', fallback: '', scripts: ['Arabic'], sample: 'أمل' },
    points: { type: 'number', fallback: 5, max: 12_345 },
    day: { type: 'date', fallback: '2026-05-04' },
    tier: { type: 'choice', options: ['gold', 'platinum'], fallback: 'gold' },
    photo: { type: 'image', fallback: { initials: 'name' } },
    brand: { type: 'color', fallback: '#000000' },
    page: { type: 'url', fallback: '' },
    vip: { type: 'boolean', fallback: false },
    items: { type: 'list', of: { what: { type: 'text', fallback: '', maxLength: 5 } }, maxItems: 3, fallback: [] },
  },
  layers: [{ id: 'a', type: 'shape', shape: 'rect', box: { x: 0, y: 0, width: 9, height: 9 } }],
});
const sets = Object.fromEntries(standardSets(template, []).map(({ name, data }) => [name, data]));
const judged = (name: string) => applyContract(template.fields, sets[name] ?? {});

describe('the standard sets of data', () => {
  it('are eight, less those a template has itself', () => {
    const names = ['good', 'blank', 'junk', 'unreplaced', 'longest', 'right-to-left', 'japanese', 'emoji'];
    expect(Object.keys(sets)).toEqual(names);
    expect(standardSets(template, ['good', 'longest']).map(({ name }) => name)).not.toContain('longest');
  });

  it('are taken by the contract, all but junk and merge tags', () => {
    for (const name of ['good', 'longest', 'right-to-left', 'japanese', 'emoji'])
      expect(judged(name).faults).toEqual([]);
  });

  it('hold the longest each field takes', () => {
    const { values } = judged('longest');
    expect([...String(values.name)].length).toBeGreaterThan(45);
    expect(values).toMatchObject({ code: 'AB12', points: 12_345, tier: 'platinum' });
    expect(values.items).toHaveLength(3);
  });

  it('hold nothing usable as junk or merge tags, and people of elsewhere in the others', () => {
    const { values } = applyContract(template.fields, {});
    expect(judged('unreplaced').values).toEqual(values);
    expect(new Set(judged('unreplaced').warnings.map(({ code }) => code))).toEqual(new Set(['unreplaced']));
    expect(judged('junk').values).toEqual(values);
    expect(judged('junk').warnings).toContainEqual(expect.objectContaining({ code: 'junk', field: 'name' }));
    expect(judged('right-to-left').values).toMatchObject({
      name: 'أميرة الزهراء',
      arabic: 'أميرة الزهراء',
      code: 'AB12',
    });
    expect(judged('japanese').values).toMatchObject({ name: '山田 花子', arabic: 'أمل' });
    expect(judged('emoji').values.name).toContain('👩🏽‍🚀');
  });

  it('have one for late sources where there are any', () => {
    const withSource = { ...template, sources: { w: { from: 'weather', params: {}, fallback: { temp: 1 } } } };
    expect(standardSets(withSource, []).map(({ name }) => name)).toContain('late');
  });
});
