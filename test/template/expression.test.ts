import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { compileCondition, compileText } from '../../core/template/expression.ts';
import { filters } from '../../core/template/filters.ts';

const english = { locale: 'en-US', timeZone: 'UTC' };
const render = (source: string, scope: Record<string, unknown> = {}, options = english) =>
  compileText(source, options).render(scope);

/** The AppError a piece of work ends in. */
function refusal(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was refused: check that the expression is really wrong');
}

const data = {
  name: 'amira KHAN',
  city: 'istanbul',
  points: 2450,
  text_points: '2,450.5',
  total: 1234.5,
  day: '2026-03-01',
  clock: '2026-03-01T18:30:00',
  instant: '2026-03-01T23:30:00Z',
  nothing: '',
  family: '👩‍👩‍👧‍👦👩‍👩‍👧‍👦abc',
  items: [
    { title: 'Tea', price: 0.1 },
    { title: 'Cake', price: 0.2 },
  ],
};

test.each([
  ['{{ points | number }}', '2,450'],
  ['{{ text_points | number }}', '2,450.5'],
  ['{{ points | number: 2 }}', '2,450.00'],
  ["{{ points | number: locale: 'de' }}", '2.450'],
  ['{{ name | number }}', 'amira KHAN'],
  ['{{ nothing | number }}', ''],
  ['{{ 0.25 | percent }}', '25%'],
  ['{{ 0.255 | percent: 1 }}', '25.5%'],
  ["{{ total | money: 'EUR' }}", '€1,234.50'],
  ["{{ total | money: 'JPY' }}", '¥1,235'],
  ["{{ total | money: 'EUR', 0 }}", '€1,235'],
  ["{{ total | money: 'EUR', locale: 'de-DE' }}", '1.234,50\u00A0€'],
  ['{{ total | money: missing }}', '1,234.5'],
  ['{{ day | date }}', 'Mar 1, 2026'],
  ["{{ day | date: 'long' }}", 'March 1, 2026'],
  ["{{ day | date: 'full' }}", 'Sunday, March 1, 2026'],
  ["{{ day | date: 'weekday' }}", 'Sunday'],
  ["{{ day | date: 'day month' }}", 'March 1'],
  ["{{ day | date: 'day month', locale: 'en-GB' }}", '1 March'],
  ["{{ clock | date: 'hour minute', locale: 'en-GB' }}", '18:30'],
  ["{{ instant | date: 'day month', time_zone: 'Asia/Tokyo' }}", 'March 2'],
  ["{{ 'now' | date }}{{ 'today' | date }}", 'nowtoday'],
  ["{{ '2026-08-31T18:00:00Z' | until: '2026-08-29T17:30:00Z', 'hours' }}", '48'],
  ["{{ '2026-08-31T18:00:00Z' | until: '2026-08-29T17:30:00Z', 'days' }}", '2'],
  ["{{ instant | until: '2030-01-01', 'days' }}{{ 'soon' | until: instant, 'days' }}", '0'],
  ['{{ city | upper }}', 'ISTANBUL'],
  ["{{ city | upper: locale: 'tr' }}", 'İSTANBUL'],
  ['{{ name | lower }}', 'amira khan'],
  ["{{ 'the gold plan' | title }}", 'The Gold Plan'],
  ["{{ 'HELLO THERE' | sentence }}", 'Hello there'],
  ["{{ 'AMIRA KHAN' | name }}", 'Amira Khan'],
  ['{{ name | initials }}', 'AK'],
  ["{{ nothing | default: 'you' }}{{ missing | default: 'you' }}{{ 0 | default: 1 }}", 'youyou0'],
  ['{{ family | truncate: 3 }}', '👩‍👩‍👧‍👦👩‍👩‍👧‍👦…'],
  ['{{ family | truncate: 5 }}', '👩‍👩‍👧‍👦👩‍👩‍👧‍👦abc'],
  ["{{ items | map: 'title' | join: ', ' }}", 'Tea, Cake'],
  ["{{ items | sum: 'price' }}", '0.3'],
  ["{{ 'a b&c' | url_encode }}", 'a%20b%26c'],
  ['{{ points | plus: 50 | divided_by: 100 | floor }}', '25'],
  ['{% for item in items %}{{ forloop.index }}. {{ item.title }} {% endfor %}', '1. Tea 2. Cake '],
  ["{% if city == 'istanbul' %}yes{% else %}no{% endif %}", 'yes'],
  ['{% case points %}{% when 2450 %}a{% else %}b{% endcase %}', 'a'],
  ['{% assign x = points | plus: 1 %}{{ x }}', '2451'],
  ['{{ items }}{{ items.first }}{{ items | append: "x" }}', 'x'],
  ['{{ points | divided_by: 0 }}', ''],
  ['{{ constructor }}{{ name.constructor }}{{ items.__proto__ }}', ''],
  ['no tags', 'no tags'],
])('%s gives %s', (source, expected) => {
  expect(render(source, data)).toBe(expected);
});

test.each(Object.entries(filters))('the example of %s can be used', (name, { example }) => {
  expect(example).toContain(`| ${name}`);
  expect(compileText(example, english).render({})).toBeTypeOf('string');
});

test.each([
  ['UTC', 150],
  ['America/New_York', 154],
  ['Asia/Kolkata', 144],
  // Its clocks go forward the night before.
  ['Europe/Berlin', 148],
])('a day of no zone begins at midnight in %s', (timeZone, hours) => {
  const source = "{{ '2026-03-30' | until: '2026-03-23T18:00:00Z', 'hours' }}";
  expect(render(source, {}, { locale: 'en', timeZone })).toBe(String(hours));
});

test('a template speaks its own language and clock', () => {
  const german = { locale: 'de', timeZone: 'Europe/Berlin' };
  expect(render("{{ points | number }} {{ instant | date: 'day month hour minute' }}", data, german)).toBe(
    '2.450 2. März um 0:30',
  );
});

test('the fields a text names are found wherever they stand', () => {
  const source =
    '{{ a | append: b }}{% for x in list limit: n %}{{ x.price }}{% if c > d.e %}{% endif %}{% endfor %}{% assign y = f %}{{ y }}';
  expect(compileText(source, english)).toMatchObject({
    variables: ['a', 'b', 'c', 'd', 'f', 'list', 'n'],
    isStatic: false,
  });
  expect(compileText("{{ 'a' | upper }}", english)).toMatchObject({ variables: [], isStatic: true });
  expect(compileCondition("tier == 'gold' and points > 3", english).variables).toEqual(['points', 'tier']);
});

test.each([
  ["tier == 'gold'", { tier: 'gold' }, true],
  ["tier == 'gold'", { tier: 'silver' }, false],
  ['points > 100 and member', { points: 101, member: true }, true],
  ['photo', { photo: '' }, false],
  ['photo', {}, false],
  ['points', { points: 0 }, false],
  ['not member', { member: false }, true],
  ['photo == blank', { photo: '' }, true],
  ['items.size > 1', { items: [{}, {}] }, true],
  ["name contains 'mir'", { name: 'Amira' }, true],
])('the condition %s with %j is %s', (source, scope, expected) => {
  expect(compileCondition(source, english).test(scope)).toBe(expected);
});

describe('a template is refused for', () => {
  test.each([
    ['an output left open', '{{ a'],
    ['a tag left open', '{% if a %}'],
    ['an empty output', '{{ }}'],
    ['an operator that is none', '{% if a = 1 %}{% endif %}'],
    ['an unknown filter', '{{ a | nope }}'],
    ['a filter without its argument', '{{ a | money }}'],
    ['a length of time there is not', "{{ a | until: b, 'weeks' }}"],
    ['a currency there is not', "{{ a | money: 'EURO' }}"],
    ['a locale there is not', "{{ a | number: locale: 'x' }}"],
    ['a time zone there is not', "{{ a | date: 'long', time_zone: 'Mars/Olympus' }}"],
    ['a date style there is not', "{{ a | date: '%B %d' }}"],
    ['too many digits', '{{ a | number: 500 }}'],
    ['a file', "{% include 'a' %}"],
    ['another file', "{% render 'a' %}"],
    ['a layout', "{% layout 'a' %}"],
    ['a counter that outlives the text', '{% increment a %}'],
    ['chance', '{{ a | sample }}'],
    ['decoding, which could make characters that cleaned data never holds', '{{ a | url_decode }}'],
    ['more source than anybody writes', `{{ a }}${'x'.repeat(10_001)}`],
    ['nesting without end', `${'{% if a %}'.repeat(999)}`],
    [
      'a loop that no data could shorten',
      '{% for i in (1..100000) %}{% for j in (1..1000) %}x{% endfor %}{% endfor %}',
    ],
  ])('%s', (_, source) => {
    expect(refusal(() => compileText(source, english))).toMatchObject({
      code: 'template_invalid',
      message: expect.stringMatching(/^expression cannot be used: ./),
    });
  });

  test.each([
    'a %}{{ b }}{% if a',
    '{{ a }}',
    '',
    'a >> b',
    "tier = 'gold'",
    'vip member',
    'points >',
    "tier == 'gold' 'silver'",
    'and b',
    'a and',
    'not',
  ])('the condition %j', (source) => {
    expect(refusal(() => compileCondition(source, english)).code).toBe('template_invalid');
  });
});

describe('a render is stopped when data makes it', () => {
  test.each([
    ['run too long', '{% for i in (1..n) %}{% for j in (1..n) %}x{% endfor %}{% endfor %}', { n: 200 }],
    ['hold too much', '{% for i in (1..n) %}{% endfor %}', { n: 1e9 }],
    [
      'grow without end',
      '{% assign s = a %}{% for i in (1..n) %}{% capture s %}{{ s }}{{ s }}{% endcapture %}{% endfor %}',
      { a: 'ab', n: 40 },
    ],
    ['print too much', '{% for i in (1..n) %}{{ a }}{% endfor %}', { a: 'x'.repeat(1000), n: 30 }],
  ])('%s', (_, source, scope) => {
    const compiled = compileText(source, english);
    expect(refusal(() => compiled.render(scope)).code).toBe('expression_failed');
  });

  test('and the sentence does not quote the data', () => {
    const failed = refusal(() =>
      compileText('{% for i in (1..n) %}{{ a }}{% endfor %}', english).render({ a: 'Zarathustra', n: 1e7 }),
    );
    expect(failed.message).toBe('An expression of the template failed or crossed a limit: make it simpler.');
  });
});

test('data is never read as an expression', () => {
  expect(render('{{ a }} {{ b }}', { a: '{{ b }}', b: '{% if %}' })).toBe('{{ b }} {% if %}');
});

test('no value makes a filter fail', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 50 }),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.record({ price: fc.string() }), { maxLength: 5 }),
  );
  const source = Object.keys(filters)
    .filter((name) => name !== 'money' && name !== 'until')
    .map((name) => `{{ a | ${name} }}{{ a | ${name}: b }}`)
    .concat(
      "{{ a | until: b, 'hours' }}{{ '2026-01-01' | until: a, b }}{{ a | money: 'EUR' }}{{ a | money: b }}{{ a | number: locale: b }}{{ a | date: time_zone: b }}",
    )
    .join('');
  const compiled = compileText(source, english);
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(compiled.render({ a, b })).toBeTypeOf('string');
    }),
    { numRuns: 500 },
  );
});

test('what runs from right to left and what does not are kept apart in drawn text, and only there', () => {
  const drawn = compileText('Hi {{ name }}, {{ points }} points', { ...english, isolates: true });
  expect(drawn.render({ name: 'ليلى', points: 3 })).toBe('Hi \u2068ليلى\u2069, 3 points');
  expect(drawn.render({ name: 'Priya', points: 3 })).toBe('Hi Priya, 3 points');
  expect(compileText('Hi {{ name }}', english).render({ name: 'ליאת' })).toBe('Hi ליאת');
  const turned = compileText('اتصل بنا {{ phone }}{{ note }}', { ...english, isolates: true });
  expect(turned.render({ phone: '+1 555 010', note: '' })).toBe('اتصل بنا \u2068+1 555 010\u2069');
});
