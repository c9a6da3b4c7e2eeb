import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanText } from '../../core/template/clean-text.ts';
import { applyContract, sampleData } from '../../core/template/contract.ts';
import { type Fields, fieldSchema } from '../../core/template/fields/index.ts';

const fieldsOf = (definitions: Record<string, unknown>): Fields =>
  Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, fieldSchema.parse(definition)]));

const fields = fieldsOf({
  photo: { type: 'image', fallback: { initials: 'first_name' }, hosts: ['cdn.example.com'] },
  first_name: { type: 'text', fallback: 'there', maxLength: 20, case: 'name', junk: ['test'], sample: 'Amira' },
  shout: { type: 'text', fallback: 'Hey', case: 'upper', scripts: ['Latin'] },
  hush: { type: 'text', case: 'lower', minLength: 2 },
  points: { type: 'number', fallback: 0, min: 0 },
  any_number: { type: 'number' },
  starts: { type: 'date', fallback: '2026-03-01' },
  tier: { type: 'choice', options: ['Gold', 'silver'], fallback: 'silver' },
  member: { type: 'boolean', required: true },
  brand: { type: 'color' },
  shop: { type: 'url', fallback: '' },
  items: {
    type: 'list',
    of: { title: { type: 'text', fallback: 'Item' }, picture: { type: 'image', fallback: { initials: 'title' } } },
  },
});

describe('a required field', () => {
  const required = fieldsOf({ email: { type: 'text', required: true, fallback: 'you', junk: ['none'] } });

  test.each([[{}], [{ email: null }], [{ email: ' ' }], [{ email: '%%EMAIL%%' }]])(
    'is a fault when %j leaves it blank',
    (data) => {
      const { values, faults } = applyContract(required, data);
      expect(values).toEqual({ email: 'you' });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatchObject({ path: 'email', message: expect.stringContaining('is required') });
    },
  );

  test('takes its fallback for junk, which the template asked to mend', () => {
    expect(applyContract(required, { email: 'None' })).toMatchObject({ values: { email: 'you' }, faults: [] });
  });
});

test('initials come from the cleaned value of the other field, wherever it stands', () => {
  expect(applyContract(fields, { first_name: '  amira KHAN ' }).values.photo).toBe('initials:AK');
  expect(applyContract(fields, { first_name: 'test' }).values.photo).toBe('initials:');
  expect(applyContract(fields, { items: [{ title: 'Green tea' }] }).values.items).toEqual([
    { title: 'Green tea', picture: 'initials:GT' },
  ]);
});

test('a misspelt field is a fault that names the right one', () => {
  expect(applyContract(fields, { frist_name: 'Amira', member: true }).faults).toEqual([
    { path: 'frist_name', message: 'unknown field frist_name: did you mean first_name?' },
  ]);
});

test('names that objects inherit are fields like others, and nothing is inherited', () => {
  const odd = fieldsOf({ constructor: { type: 'text', fallback: 'c' }, valueof: { type: 'text', fallback: 'v' } });
  const { values, faults } = applyContract(odd, JSON.parse('{"__proto__": {"valueof": "x"}, "toString": 1}'));
  expect(Object.entries(values)).toEqual([
    ['constructor', 'c'],
    ['valueof', 'v'],
  ]);
  expect(faults).toHaveLength(2);
  expect(Reflect.get(values, 'toString')).toBeUndefined();
});

test('thousands of unknown fields give a few faults', () => {
  const data = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`${'x'.repeat(500)}${i}`, i]));
  const { faults } = applyContract(fields, data);
  expect(faults.length).toBeLessThan(30);
  expect(JSON.stringify(faults)).not.toContain('xxx');
});

test('no message quotes a value', () => {
  const secret = 'Zarathustra1844';
  const data = Object.fromEntries([...Object.keys(fields)].map((name) => [name, secret.repeat(3)]));
  const { faults, warnings } = applyContract(fields, data);
  expect(faults.length).toBeGreaterThan(5);
  expect(JSON.stringify({ faults, warnings })).not.toContain(secret);
});

test('sample data shows samples, then fallbacks, and passes the contract', () => {
  const { member: _, ...optional } = fields;
  expect(sampleData(optional)).toMatchObject({ first_name: 'Amira', tier: 'silver' });
  const { values, faults } = applyContract(optional, sampleData(optional));
  expect(values).toMatchObject({ first_name: 'Amira', photo: 'initials:A', points: 0 });
  expect(faults).toEqual([]);
});

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string(),
  fc
    .array(
      fc.constantFrom(
        'a',
        'É',
        'İ',
        'ß',
        'Σ',
        'ǆ',
        ' ',
        "'",
        '\u200D',
        '\u200C',
        'ب',
        '\u0301',
        '\uFE0F',
        '👩',
        '\u00A0',
        '\uFDD0',
        '\u{E0067}',
        '🏴',
        '1',
        '.',
      ),
    )
    .map((parts) => parts.join('')),
);

test('cleaning text twice changes nothing, and leaves no sentinel, override or lone surrogate', () => {
  fc.assert(
    fc.property(text, (raw) => {
      const once = cleanText(raw);
      expect(cleanText(once)).toBe(once);
      expect(once).not.toMatch(/[\uFDD0-\uFDEF\u202A-\u202E\u2066-\u2069\n]|\p{Cs}|^\s|\s$/u);
    }),
    { numRuns: 2000 },
  );
});

test('any JSON gives complete values that pass again unchanged', () => {
  const raw = fc.oneof(
    text,
    fc.jsonValue(),
    fc.constantFrom('GOLD', '2,450', '2026-03-01', 'yes', '#FFF', 'https://cdn.example.com/É', '*|X|*'),
  );
  const data = fc.oneof(
    fc.record(Object.fromEntries(Object.keys(fields).map((name) => [name, raw])), { requiredKeys: [] }),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(data, (given) => {
      const { values } = applyContract(fields, given as Record<string, unknown>);
      expect(Object.keys(values)).toEqual(Object.keys(fields));
      expect(Object.values(values)).not.toContain(undefined);
      expect(applyContract(fields, values).values).toEqual(values);
    }),
    { numRuns: 2000, examples: [[{ first_name: 'a بÉΣÉ' }]] },
  );
});
