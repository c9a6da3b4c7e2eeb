import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../core/template/parse.ts';
import { suggestMapping } from '../../core/template/suggest.ts';
import type { PlatformField } from '../../integrations/connector.ts';
import { measureCoverage } from '../../server/connections/coverage.ts';
import { mapFields } from '../../server/connections/mapped.ts';

const { fields } = parseTemplate({
  name: 'rewards',
  size: { width: 100, height: 40 },
  alt: 'Rewards',
  fields: {
    first_name: { type: 'text', fallback: 'there', maxLength: 40, junk: ['test', 'n/a'] },
    city: { type: 'text' },
    points: { type: 'number' },
    plan: { type: 'choice', options: ['Gold', 'Silver', 'Basic'], fallback: 'Basic' },
    portrait: { type: 'image', hosts: ['cdn.example.com'] },
    greeting: { type: 'text' },
  },
  layers: [{ id: 'a', type: 'shape', shape: 'rect', box: { x: 0, y: 0, width: 90, height: 30 }, fill: '#ffffff' }],
});

const field = (tag: string, title = tag): PlatformField => ({ tag, title, type: 'text' });

/** A hundred contacts who have the same in each field, where it is not a list they share out. */
const people = (values: Record<string, unknown>): Record<string, unknown>[] =>
  Array.from({ length: 100 }, (_, i) =>
    Object.fromEntries(
      Object.entries(values).map(([tag, value]) => [tag, Array.isArray(value) ? value[i % value.length] : value]),
    ),
  );

describe('what is kept of a contact', () => {
  it('is nothing that goes deeper than anybody could read', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
    const contact = { key: 'p', handle: 'p', state: 'active', isMember: true, reference: null } as const;
    const mapping = { first_name: 'First Name', city: 'City', tier: 'Tier' };
    const fields = { 'First Name': 'Bo', City: deep, Tier: 'x'.repeat(1_000_000) };
    expect(mapFields({ mapping }, { ...contact, fields })).toEqual({ first_name: 'Bo' });
  });

  it('is nothing of a field that is left out on purpose', () => {
    const contact = { key: 'p', handle: 'p', state: 'active', isMember: true, reference: null } as const;
    const fields = { 'First Name': 'Bo', '': 'nameless' };
    expect(mapFields({ mapping: { first_name: 'First Name', city: '' } }, { ...contact, fields })).toEqual({
      first_name: 'Bo',
    });
  });
});

describe('a property that is called as what every object has', () => {
  it('is filled for those who have it', () => {
    const samples = [...people({ constructor: 'Bonn' }).slice(0, 25), ...people({}).slice(0, 75)];
    const mapping = { city: 'constructor' };
    expect(measureCoverage(fields, mapping, samples).get('city')).toMatchObject({ filled: 0.25, junk: 0 });
    expect(suggestMapping(fields, [field('constructor', 'City')], samples)).toMatchObject(mapping);
  });
});

describe('a mapping that is suggested', () => {
  it.each([
    'FNAME',
    'first_name',
    'First Name',
    'firstname',
    'firstName',
    'Vorname',
    'given_name',
    'Prénom',
    '$first_name',
  ])('knows %s for a first name', (tag) => {
    const others = ['LNAME', 'Name of the pet', 'last_name', 'nickname'].map((each) => field(each));
    expect(suggestMapping(fields, [...others, field(tag)], people({ [tag]: 'Amira' }))).toMatchObject({
      first_name: tag,
    });
  });

  it('goes by what the audience calls a field when its tag says nothing', () => {
    expect(suggestMapping(fields, [field('MMERGE7', 'First Name')], [])).toEqual({ first_name: 'MMERGE7' });
  });

  it('goes by the label of a field when its name says nothing', () => {
    const labelled = { f7: { ...fields.city, label: 'Home town' } } as typeof fields;
    expect(suggestMapping(labelled, [field('Shoe size'), field('home_town')], [])).toEqual({ f7: 'home_town' });
  });

  it('finds places inside an address', () => {
    expect(suggestMapping(fields, [field('location.city'), field('ADDRESS.zip')], [])).toEqual({
      city: 'location.city',
    });
  });

  it('takes the field whose values fit, of several that are called alike', () => {
    const points = [field('Points'), field('Loyalty Points')];
    const values = people({ Points: ['many', 'a few'], 'Loyalty Points': ['120', '80'] });
    expect(suggestMapping(fields, points, values)).toEqual({ points: 'Loyalty Points' });
  });

  it('recognises a choice and a picture by their values alone, and guesses at no other text', () => {
    const found = [field('Level 2026'), field('Pic'), field('Favourite Song')];
    const values = people({
      'Level 2026': ['gold', 'silver', 'BASIC'],
      Pic: 'https://cdn.example.com/a.jpg',
      'Favourite Song': ['Gold Dust', 'Silver Lining'],
    });
    const mapping = suggestMapping(fields, found, values);
    expect(mapping.portrait).toBe('Pic');
    expect(mapping.plan).toBe('Level 2026');
    expect(mapping.greeting).toBeUndefined();
  });

  it('suggests nothing for what is named like nothing', () => {
    expect(suggestMapping(fields, [field('Shoe Size'), field('constructor')], people({ 'Shoe Size': 42 }))).toEqual({});
  });
});

describe('the coverage of a mapping', () => {
  const samples = [
    ...people({ FNAME: 'Amira', PLAN: 'gold' }).slice(0, 81),
    ...people({ FNAME: ['test', '*|FNAME|*'], PLAN: 'Platinum' }).slice(0, 2),
    ...people({ FNAME: ['', '   ', null], PLAN: '' }).slice(0, 17),
  ];

  it('tells how many have a value, and how many of those give the fallback, by the contract of the template', () => {
    const coverage = measureCoverage(fields, { first_name: 'FNAME', plan: 'PLAN', city: 'CITY' }, samples);
    expect(coverage.get('first_name')).toEqual({
      filled: 0.83,
      junk: 0.02,
      sentence: 'first_name filled for 83%, 2% look like junk',
    });
    expect(coverage.get('plan')).toMatchObject({ filled: 0.83, junk: 0.02 });
    expect(coverage.get('city')).toMatchObject({ filled: 0, sentence: 'city filled for 0%' });
    expect(coverage.has('points')).toBe(false);
    expect(JSON.stringify([...coverage])).not.toMatch(/Amira|Platinum/);
  });

  it('never says all of nearly all, nor none of a few, and says when there is nobody to ask', () => {
    const many = [...people({ FNAME: 'Bo' }), ...people({ FNAME: 'Bo' }), ...people({ FNAME: 'Bo' }), {}];
    expect(measureCoverage(fields, { first_name: 'FNAME' }, many).get('first_name')?.sentence).toContain(
      'more than 99%',
    );
    expect(measureCoverage(fields, { first_name: 'FNAME' }, []).get('first_name')?.sentence).toContain(
      'cannot be told',
    );
  });
});
