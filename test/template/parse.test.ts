import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { checkPublishable, parseTemplate } from '../../core/template/parse.ts';
import { templateJsonSchema } from '../../core/template/schema.ts';

const good = {
  name: 'hello',
  size: { width: 300, height: 100 },
  alt: 'Hello {{ first_name }}',
  fields: { first_name: { type: 'text', fallback: 'there' } },
  layers: [
    {
      id: 'line',
      type: 'text',
      text: 'Hello {{ first_name }}',
      box: { x: 0, y: 0, width: 300, height: 40 },
      fontSize: 20,
      fit: { maxLines: 1 },
    },
  ],
};
const layer = good.layers[0];

/** The faults a document is refused with, as `path: message`. */
function faultsOf(document: unknown): string[] {
  try {
    parseTemplate(document);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('template_invalid');
    return (error as AppError).faults.map(({ path, message }) => `${path}: ${message}`);
  }
}

describe('a template document', () => {
  it('is refused with a sentence for a pattern or a script that is none, whatever the fallback', () => {
    const field = (options: object) =>
      faultsOf({ ...good, fields: { first_name: { ...good.fields.first_name, ...options } } });
    expect(field({ pattern: '(a)\\1' })).toEqual([
      expect.stringContaining('fields.first_name.pattern: expected a regular'),
    ]);
    expect(field({ pattern: '(' })).toEqual([expect.stringContaining('fields.first_name.pattern: expected a regular')]);
    expect(field({ scripts: ['Klingon'] })).toEqual([
      expect.stringContaining('fields.first_name.scripts.0: expected "any"'),
    ]);
  });

  it('is refused without guessing forever what thousands of unknown options were to be', () => {
    const unknown = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`titel${i}`, 1]));
    const faults = faultsOf({ ...good, titel: 1, ...unknown });
    expect(faults.length).toBe(30_001);
    expect(faults.filter((fault) => fault.includes('did you mean title?')).length).toBeLessThan(50);
  });

  it('is taken when it is sound, with every default filled in', () => {
    const template = parseTemplate(good);
    expect(template.output).toEqual({ format: 'jpeg', quality: 82, scale: 2 });
    expect(template.freshness).toEqual({ mode: 'static', maxAge: 86_400 });
    expect(checkPublishable(template)).toEqual([]);
  });

  it('is refused for an option nobody knows, with its path and the nearest name', () => {
    expect(faultsOf({ ...good, layers: [{ ...layer, fontsize: 12 }] })).toEqual([
      'layers.0.fontsize: is not an option here: did you mean fontSize?',
    ]);
  });

  it('tells all faults at once, wherever they are', () => {
    const faults = faultsOf({
      ...good,
      name: 'Not A Name',
      alt: 'Hello {{ frist_name }}',
      layers: [
        { ...layer, fontSize: 'big' },
        { ...layer, id: 'two', text: '{{ first_nam }}' },
        { ...layer, id: 'two', text: '{% include "x" %}' },
        { ...layer, id: 'three', text: '{{ first_name | shout }}', when: 'first_name ==' },
        { ...layer, id: 'four', editable: ['text', 'colour'] },
      ],
      datasets: { good: { name: 'x' } },
    });
    const paths = faults.map((fault) => fault.slice(0, fault.indexOf(':')));
    expect(paths).toEqual(
      expect.arrayContaining([
        'name',
        'alt',
        'layers.0.fontSize',
        'layers.1.text',
        'layers.2.id',
        'layers.2.text',
        'layers.3.text',
        'layers.3.when',
        'layers.4.editable',
        'datasets.good.name',
      ]),
    );
    expect(faults.find((fault) => fault.startsWith('alt'))).toContain('did you mean first_name?');
  });

  it.each([null, 1, 'x', [], {}, { layers: 1 }, { fields: [] }, { layers: [null, 1, {}], fields: { a: null } }])(
    'is refused, never anything worse, when it is %j',
    (document) => {
      expect(faultsOf(document).length).toBeGreaterThan(0);
    },
  );

  it('may not be larger than 25 megapixels at its output scale', () => {
    expect(faultsOf({ ...good, size: { width: 4000, height: 4000 } })).toEqual([
      'size: is over 25 megapixels at its output scale: make it smaller',
    ]);
  });

  it('names a text field for initials', () => {
    const fields = { ...good.fields, photo: { type: 'image', fallback: { initials: 'nobody' } } };
    expect(faultsOf({ ...good, fields })).toEqual([
      'fields.photo.fallback.initials: nobody is not a text field of this template',
    ]);
  });
});

describe('publishing', () => {
  it('is refused while a field has no fallback, a text no limit or a layer an unknown family', () => {
    const template = parseTemplate({
      ...good,
      fields: {
        first_name: { type: 'text' },
        items: { type: 'list', of: { price: { type: 'number' } }, fallback: [] },
      },
      layers: [{ ...layer, fit: {}, fontFamily: 'Helvetica' }],
    });
    expect(checkPublishable(template).map(({ path }) => path)).toEqual([
      'fields.first_name',
      'fields.items.of.price',
      'layers.0.fontFamily',
      'layers.0.fit.maxLines',
    ]);
  });
});

describe('the JSON Schema for editors', () => {
  it('describes every option of every layer and field type', () => {
    const text = JSON.stringify(templateJsonSchema());
    for (const word of [
      'fontSize',
      'objectFit',
      'borderRadius',
      'initials',
      'maxLength',
      'timeZone',
      '"additionalProperties":false',
    ])
      expect(text).toContain(word);
  });
});
