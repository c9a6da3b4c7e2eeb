import { describe, expect, it } from 'vitest';
import { brandSchema, checkBrand } from '../../core/template/brand.ts';
import { checkDictionary, dictionarySchema } from '../../core/template/dictionary.ts';
import { parseTemplate } from '../../core/template/parse.ts';

const headline = {
  id: 'headline',
  type: 'text',
  text: 'Hi {{ first_name }}, [now]{color=#ff0000 font="Caveat"}',
  box: { x: 20, y: 20, width: 400, height: 60 },
  fontFamily: 'Inter',
  fontSize: 32,
  color: "{% if tier == 'gold' %}#FFD166{% else %}rgb(31, 41, 55){% endif %}",
  fit: { minFontSize: 14, maxLines: 1 },
  shadow: { y: 2, blur: 4, color: 'rgba(9, 9, 9, 0.4)' },
};
const panel = {
  id: 'panel',
  type: 'shape',
  shape: 'rect',
  box: { x: 0, y: 0, width: 600, height: 300 },
  fill: {
    type: 'linear',
    stops: [
      { offset: 0, color: '#fff' },
      { offset: 1, color: '#1f293780' },
    ],
  },
};
const logo = { id: 'logo', type: 'image', src: 'asset:logo@2', box: { x: 480, y: 240, width: 96, height: 40 } };
const make = (changes: Record<string, unknown> = {}) =>
  parseTemplate({
    name: 'summer-hero',
    size: { width: 600, height: 300 },
    alt: 'Hi {{ first_name }}',
    fields: {
      first_name: { type: 'text', fallback: 'there', maxLength: 40, junk: ['Test'] },
      tier: { type: 'choice', options: ['gold', 'silver'], fallback: 'silver' },
    },
    layers: [panel, headline, logo],
    ...changes,
  });
const brand = brandSchema.parse({
  fonts: ['Inter', 'Caveat'],
  fontSizes: { min: 12, max: 48 },
  colors: ['#ffffff', '#1F2937', '#ffd166', '#ff0000'],
  logo: { assets: ['asset:logo'], places: [{ x: 75, y: 75, width: 25, height: 25 }], required: true },
  safeZone: { top: 16, right: 16, bottom: 16, left: 16 },
  naming: { templates: '[a-z]+-hero', layers: '[a-z-]+' },
});
const paths = (template: ReturnType<typeof make>, kit: unknown) =>
  checkBrand(template, brandSchema.parse(kit)).map(({ path }) => path);

describe('a brand kit', () => {
  it('is kept by a template that uses nothing else, in any notation and opacity', () => {
    expect(checkBrand(make(), brand)).toEqual([]);
    expect(checkBrand(make(), {})).toEqual([]);
  });

  it('looks at initials only where a picture may be drawn as them', () => {
    const portrait = { ...logo, id: 'portrait', src: '{{ photo }}' };
    const fields = {
      first_name: { type: 'text', fallback: 'there' },
      photo: { type: 'image', fallback: { initials: 'first_name' } },
    };
    const kit = { fonts: ['Caveat'], colors: ['#ffffff'] };
    expect(paths(make({ alt: 'Hi', fields, layers: [logo] }), kit)).toEqual([]);
    expect(paths(make({ alt: 'Hi', fields, layers: [portrait] }), kit)).toEqual([
      'layers.0.initials.fontFamily',
      'layers.0.initials.background',
    ]);
  });

  it.each([
    ['a font of a layer and of a span', { fonts: ['Playfair Display'] }, ['layers.1.fontFamily', 'layers.1.text']],
    ['a size', { fontSizes: { min: 16, max: 24 } }, ['layers.1.fontSize', 'layers.1.fit.minFontSize']],
    ['a size off the list', { fontSizes: [14, 24, 40] }, ['layers.1.fontSize']],
    ['a colour of an expression', { colors: ['#ffffff', '#1f2937', '#ff0000'] }, ['layers.1.color']],
    [
      'a colour of a gradient and a span',
      { colors: ['#ffd166', '#ffffff'] },
      ['layers.0.fill.stops.1.color', 'layers.1.text', 'layers.1.color'],
    ],
    [
      'a place of the logo',
      { logo: { assets: ['asset:logo'], places: [{ x: 0, y: 0, width: 50, height: 50 }] } },
      ['layers.2.box'],
    ],
    [
      'a logo that is missing',
      { logo: { assets: ['asset:mark'], places: [{ x: 0, y: 0, width: 50, height: 50 }], required: true } },
      ['layers'],
    ],
    ['a text too near to an edge', { safeZone: { left: 24 } }, ['layers.1.box']],
    ['names', { naming: { templates: 'brand-.*', layers: '[a-z]{6,}' } }, ['name', 'layers.0.id', 'layers.2.id']],
  ])('finds %s', (_what, kit, expected) => {
    expect(paths(make(), kit)).toEqual(expected);
  });

  it('holds for the spans of a text: their sizes, as far as they shrink, and what is behind them', () => {
    const faultsOf = (text: string, kit: unknown) =>
      paths(make({ layers: [panel, { ...headline, text }, logo] }), kit).filter((path) => path === 'layers.1.text');
    const sizes = { fontSizes: { min: 12, max: 60 } };
    expect(faultsOf('Hi {{ first_name }}, [now]{size=1.5em}', sizes)).toEqual([]);
    expect(faultsOf('Hi {{ first_name }}, [now]{size=2em}', sizes)).toHaveLength(1);
    expect(faultsOf('Hi {{ first_name }}, [now]{size=20}', sizes)).toHaveLength(1);
    expect(faultsOf('Hi {{ first_name }}, [now]{background=#00ff00}', brand)).toHaveLength(1);
    expect(faultsOf('Hi {{ first_name }}, [~~now~~]{background=#ff0000}', brand)).toEqual([]);
  });

  it('is refused with patterns and colours that are none', () => {
    expect(brandSchema.safeParse({ naming: { layers: '(?=x)' } }).success).toBe(false);
    expect(brandSchema.safeParse({ colors: ['reddish'] }).success).toBe(false);
    expect(brandSchema.safeParse({ color: [] }).success).toBe(false);
  });
});

describe('a field dictionary', () => {
  const faults = (fields: unknown, template = make()) => checkDictionary(template, dictionarySchema.parse({ fields }));

  it('lets a template be as strict or stricter, and says nothing of other fields', () => {
    expect(
      faults({
        first_name: { type: 'text', maxLength: 40, junk: ['test'] },
        tier: { type: 'choice', options: ['silver', 'gold', 'platinum'] },
        points: { type: 'number', max: 5 },
      }),
    ).toEqual([]);
  });

  it.each([
    ['another type', { tier: { type: 'text' } }, 'fields.tier.type'],
    ['a longer text', { first_name: { type: 'text', maxLength: 20 } }, 'fields.first_name.maxLength'],
    ['a lesser minimum', { first_name: { type: 'text', minLength: 2 } }, 'fields.first_name.minLength'],
    ['another pattern', { first_name: { type: 'text', pattern: '[A-Z].*' } }, 'fields.first_name.pattern'],
    ['more scripts', { first_name: { type: 'text', scripts: ['Latin'] } }, 'fields.first_name.scripts'],
    ['missing junk', { first_name: { type: 'text', junk: ['n/a'] } }, 'fields.first_name.junk'],
    ['what is not required', { first_name: { type: 'text', required: true } }, 'fields.first_name.required'],
    ['more options', { tier: { type: 'choice', options: ['gold'] } }, 'fields.tier.options'],
  ])('finds %s', (_what, fields, path) => {
    expect(faults(fields).map((fault) => fault.path)).toEqual([path]);
  });

  it('looks into lists, numbers and hosts', () => {
    const fields = {
      points: { type: 'number', fallback: 0, max: 9 },
      photo: { type: 'image', fallback: 'asset:nobody', hosts: ['a.example', 'b.example'] },
      items: { type: 'list', of: { price: { type: 'number', fallback: 0 } }, maxItems: 9, fallback: [] },
    };
    const own = make({ fields, alt: 'x', layers: [panel] });
    expect(
      faults(
        {
          points: { type: 'number', min: 0, max: 5, integer: true },
          photo: { type: 'image', hosts: ['a.example'] },
          items: { type: 'list', of: { price: { type: 'number', max: 10 } }, maxItems: 5 },
        },
        own,
      ).map(({ path }) => path),
    ).toEqual([
      'fields.points.max',
      'fields.points.min',
      'fields.points.integer',
      'fields.photo.hosts',
      'fields.items.maxItems',
      'fields.items.of.price.max',
    ]);
  });
});
