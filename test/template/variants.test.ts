import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { assetRefs } from '../../core/template/assets.ts';
import { brandSchema, checkBrand } from '../../core/template/brand.ts';
import { compileTemplate } from '../../core/template/compile.ts';
import { checkPublishable, parseTemplate } from '../../core/template/parse.ts';
import { layoutsOf, variantNames, variantOf } from '../../core/template/variants.ts';

const headline = {
  id: 'headline',
  type: 'text',
  text: 'Hi {{ first_name }}',
  box: { x: 20, y: 20, width: 400, height: 60 },
  fontSize: 32,
  shadow: { y: 2, color: '#000' },
  fit: { minFontSize: 14, maxLines: 2 },
};
const panel = {
  id: 'panel',
  type: 'shape',
  shape: 'rect',
  box: { x: 0, y: 0, width: 600, height: 300 },
  fill: {
    type: 'radial',
    center: { x: 0, y: 0 },
    stops: [
      { offset: 0, color: '#fff' },
      { offset: 1, color: '#000' },
    ],
  },
};
const swipe = { ...headline, id: 'swipe', text: 'Swipe up', hidden: true };
const story = {
  title: 'Story',
  size: { width: 1080, height: 1920 },
  output: { scale: 1 },
  layers: { headline: { box: { y: 900 }, fontSize: 96 }, badge: { hidden: true }, swipe: { hidden: false } },
};
const make = (variants?: object, changes: object = {}) => ({
  name: 'hero',
  size: { width: 600, height: 300 },
  output: { quality: 70 },
  background: '#ffffff',
  alt: 'Hi {{ first_name }}',
  fields: { first_name: { type: 'text', fallback: 'there' }, tier: { type: 'text', fallback: 'gold' } },
  layers: [
    panel,
    headline,
    {
      id: 'corner',
      type: 'group',
      box: { width: 90, height: 90 },
      layers: [{ ...headline, id: 'badge', text: '{{ tier }}' }],
    },
    swipe,
  ],
  ...(variants && { variants }),
  ...changes,
});

function faultsOf(document: unknown): string[] {
  try {
    parseTemplate(document);
    return [];
  } catch (error) {
    return (error as AppError).faults.map(({ path, message }) => `${path}: ${message}`);
  }
}

describe('a variant', () => {
  const template = parseTemplate(make({ story, card: { size: { width: 600, height: 600 } } }));

  it('is the template in another size, with what it says of each layer merged in', () => {
    const { size, output, background, variants, layers } = variantOf(template, 'story');
    expect({ size, background, variants }).toEqual({ size: story.size, background: '#ffffff', variants: undefined });
    expect(output).toMatchObject({ format: 'jpeg', quality: 70, scale: 1 });
    expect(layers[1]).toMatchObject({
      box: { x: 20, y: 900, width: 400, height: 60 },
      fontSize: 96,
      fit: { minFontSize: 14, maxLines: 2 },
    });
    expect(layers[0]).toEqual(template.layers[0]);
    expect(variantOf(template, undefined)).toBe(template);
  });

  it('leaves out hidden layers, also within others, and shows those that only it has', () => {
    const drawn = (name?: string) => compileTemplate(variantOf(template, name)).drawnFields;
    expect(drawn()).toEqual(['first_name', 'tier']);
    expect(drawn('story')).toEqual(['first_name']);
    const shown = (name?: string) =>
      compileTemplate(variantOf(template, name)).layers.filter((layer) =>
        layer.resolve({ first_name: 'Ada', tier: '' }),
      );
    expect(shown().map(({ layer }) => layer.id)).toEqual(['panel', 'headline', 'corner']);
    expect(shown('story').map(({ layer }) => layer.id)).toEqual(['panel', 'headline', 'corner', 'swipe']);
  });

  it('takes an option out with null, and puts a gradient of another type in the place of one', () => {
    const fill = { type: 'linear', stops: panel.fill.stops };
    const changed = parseTemplate(
      make({ story: { ...story, layers: { headline: { shadow: null }, panel: { fill } } } }),
    );
    const { layers } = variantOf(changed, 'story');
    expect(layers[1]).not.toHaveProperty('shadow');
    expect(layers[0]).toMatchObject({ fill: { type: 'linear', angle: 180 } });
    expect(layers[0]).not.toHaveProperty('fill.center');
  });

  it('has the dots per inch of the template unless it has a scale of its own', () => {
    const fine = parseTemplate(make({ story, card: { size: story.size } }, { output: { dpi: 144 } }));
    expect(variantOf(fine, 'card').output).toMatchObject({ dpi: 144 });
    expect(variantOf(fine, 'story').output).not.toHaveProperty('dpi');
  });

  it('that is not there is told with those that are', () => {
    const message = 'The template hero has no such variant: choose from story, card, or leave it out.';
    for (const name of ['stroy', 'constructor', '__proto__'])
      expect(() => variantOf(template, name)).toThrow(new AppError('template_not_found', message));
    expect(() => variantOf(parseTemplate(make()), 'story')).toThrow('it has one size, so leave it out');
  });

  it('changes nothing about a template without any', () => {
    const plain = parseTemplate(make());
    expect(plain).not.toHaveProperty('variants');
    expect(variantNames(plain)).toEqual([]);
    expect(layoutsOf(plain)).toEqual([plain]);
  });
});

describe('what is wrong with a variant', () => {
  const withLayers = (layers: object, more: object = {}) => faultsOf(make({ story: { ...story, layers, ...more } }));

  it('is told with its own path, every fault at once', () => {
    const faults = faultsOf(
      make({
        story: {
          ...story,
          layers: { headline: { fontSise: 30, text: '{{ frist_name }}' }, badge: { box: { width: 0 } } },
        },
        card: { size: { width: 600, height: 600 }, layers: { panel: { fill: 'reddish' } } },
      }),
    );
    expect(faults).toEqual([
      'variants.story.layers.headline.fontSise: is not an option here: did you mean fontSize?',
      expect.stringMatching(/^variants\.story\.layers\.badge\.box\.width: too small/i),
      expect.stringMatching(/^variants\.card\.layers\.panel\.fill: expected a colour/),
    ]);
    expect(withLayers({ headline: { text: '{{ frist_name }}' } })).toEqual([
      'variants.story.layers.headline.text: uses the field frist_name, which the template does not have: did you mean first_name?',
    ]);
  });

  it('is a layer that is not there, or one that would become another', () => {
    expect(withLayers({ headlin: { fontSize: 20 } })).toEqual([
      'variants.story.layers.headlin: is no layer of this template: did you mean headline?',
    ]);
    expect(withLayers({ corner: { layers: [headline] }, panel: { type: 'text', id: 'other' } })).toEqual([
      'variants.story.layers.corner.layers: is the same in every variant: leave it out',
      'variants.story.layers.panel.id: is the same in every variant: leave it out',
      'variants.story.layers.panel.type: is the same in every variant: leave it out',
    ]);
    expect(withLayers({ constructor: { hidden: true } })).toEqual([
      'variants.story.layers.constructor: is no layer of this template: leave it out',
    ]);
  });

  it('is its name, its number, a size that is too large, and a document that is anything at all', () => {
    expect(faultsOf(make({ 'My story': story }))).toEqual([expect.stringContaining('such as story')]);
    const many = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`v${i}`, story]));
    expect(faultsOf(make(many))).toEqual(['variants: has more than 10 variants: use fewer']);
    expect(withLayers({}, { size: { width: 4000, height: 4000 }, output: { scale: 2 } })).toEqual([
      'variants.story.size: is over 25 megapixels at its output scale: make it smaller',
    ]);
    expect(faultsOf(make({ story }, { layers: [5, { id: 5, layers: 5, more: null }] })).length).toBeGreaterThan(0);
    expect(faultsOf(make(5 as never))).toEqual([expect.stringContaining('variants: expected record')]);
  });

  it('keeps the template from being published, and brand and pictures count, too', () => {
    const tall = { headline: { fontFamily: 'Comic', fit: { maxLines: null } } };
    const template = parseTemplate(make({ story: { ...story, layers: tall } }));
    expect(checkPublishable(template).map(({ path }) => path)).toEqual([
      'variants.story.layers.headline.fontFamily',
      'variants.story.layers.headline.fit.maxLines',
    ]);
    const branded = parseTemplate(
      make({ story: { ...story, background: '#123456', layers: { headline: { box: { x: 1000 } } } } }),
    );
    const brand = brandSchema.parse({ colors: ['#ffffff', '#000000'], safeZone: { right: 10 } });
    expect(checkBrand(branded, brand).map(({ path }) => path)).toEqual([
      'variants.story.background',
      'variants.story.layers.headline.box',
    ]);
    const photo = { id: 'photo', type: 'image', src: 'asset:wide', box: { width: 9, height: 9 } };
    const pictured = make({ story: { ...story, layers: { photo: { src: 'asset:tall' } } } }, { layers: [photo] });
    expect(assetRefs(parseTemplate(pictured))).toEqual(['asset:tall', 'asset:wide']);
  });

  it('is not that a source is read by it alone', () => {
    const document = make(
      { story: { ...story, layers: { headline: { text: '{{ source.weather.temp }}' } } } },
      { freshness: { mode: 'live' }, sources: { weather: { from: 'weather', fallback: { temp: '20' } } } },
    );
    expect(checkPublishable(parseTemplate(document))).toEqual([]);
  });
});
