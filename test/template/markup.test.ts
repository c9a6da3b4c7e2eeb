import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { cleanText } from '../../core/template/clean-text.ts';
import { compileText } from '../../core/template/expression.ts';
import { parseMarkup, type SpanStyle, splitSpans } from '../../core/template/markup.ts';

const options = { locale: 'en', timeZone: 'UTC' };

/** A text with markup, filled in: pairs of text and style. */
function spans(source: string, scope: Record<string, unknown> = {}): [string, SpanStyle | undefined][] {
  const markup = parseMarkup(source);
  const rendered = compileText(markup.source, options).render(scope);
  return splitSpans(rendered, markup.styles).map(({ text, style }) => [text, style]);
}

const bold = { fontWeight: 700 };
const struck = { marks: [{ kind: 'line-through' as const }] };
const plain = undefined;

test.each<[string, [string, SpanStyle | undefined][]]>([
  ['plain', [['plain', plain]]],
  ['', []],
  [
    'a **b** c',
    [
      ['a ', plain],
      ['b', bold],
      [' c', plain],
    ],
  ],
  [
    '**a** and **b**',
    [
      ['a', bold],
      [' and ', plain],
      ['b', bold],
    ],
  ],
  [
    '**a**b**c**',
    [
      ['a', bold],
      ['b', plain],
      ['c', bold],
    ],
  ],
  ['[a]{color=#FFF}', [['a', { color: '#FFF' }]]],
  [
    '[a]{weight=bold, style=italic font="Playfair Display"}',
    [['a', { fontWeight: 700, fontStyle: 'italic', fontFamily: 'Playfair Display' }]],
  ],
  [
    '[a **b** c]{color=#fff}',
    [
      ['a ', { color: '#fff' }],
      ['b', { color: '#fff', ...bold }],
      [' c', { color: '#fff' }],
    ],
  ],
  [
    '**a [b]{style=italic} c**',
    [
      ['a ', bold],
      ['b', { ...bold, fontStyle: 'italic' }],
      [' c', bold],
    ],
  ],
  [
    '[a [b]{weight=300}]{weight=900}',
    [
      ['a ', { fontWeight: 900 }],
      ['b', { fontWeight: 300 }],
    ],
  ],
  ['[a]{size=0.8em}', [['a', { fontSize: { value: 0.8, unit: 'em' } }]]],
  ['[a]{fontSize=24 fontWeight=300}', [['a', { fontSize: { value: 24, unit: 'px' }, fontWeight: 300 }]]],
  [
    '[a [b]{size=0.5em}]{size=24px}',
    [
      ['a ', { fontSize: { value: 24, unit: 'px' } }],
      ['b', { fontSize: { value: 12, unit: 'px' } }],
    ],
  ],
  ['~~a~~', [['a', { marks: [{ kind: 'line-through' }] }]]],
  [
    '~~a **b** c~~ d',
    [
      ['a ', struck],
      ['b', { ...bold, ...struck }],
      [' c', struck],
      [' d', plain],
    ],
  ],
  [
    '**a ~~b** c~~',
    [
      ['a ~~b', bold],
      [' c~~', plain],
    ],
  ],
  ['~~[a]{color=#f00}~~', [['a', { color: '#f00', ...struck }]]],
  ['[~~a~~]{color=#f00}', [['a', { color: '#f00', marks: [{ color: '#f00', kind: 'line-through' }] }]]],
  [
    '[a]{background=#ff0 textDecoration=underline}',
    [['a', { marks: [{ kind: 'background', color: '#ff0' }, { kind: 'underline' }] }]],
  ],
  ['[a]{color={{ brand }}}', [['a', { color: '{{ brand }}' }]]],
  ['[a]{color="{{ brand | default: \'x\' }}"}', [['a', { color: "{{ brand | default: 'x' }}" }]]],
])('%s is read as spans', (source, expected) => {
  expect(spans(source)).toEqual(expected);
});

test.each([
  ['2 ** 3 ** 4', '2 ** 3 ** 4'],
  ['**a', '**a'],
  ['a**', 'a**'],
  ['****', '****'],
  ['** a**', '** a**'],
  ['2 ~~ 3 ~~', '2 ~~ 3 ~~'],
  ['\\~~a\\~~', '~~a~~'],
  ['a * b', 'a * b'],
  ['[a]', '[a]'],
  ['[a', '[a'],
  ['a]{weight=300}', 'a]{weight=300}'],
  ['\\**a\\**', '**a**'],
  ['\\[a\\]{color=#fff}', '[a]{color=#fff}'],
  ['\\\\ \\n', '\\ \\n'],
  ['{ [a] }', '{ [a] }'],
])('%s is plain text', (source, expected) => {
  expect(spans(source)).toEqual([[expected, plain]]);
});

describe('with expressions', () => {
  test('a span may hold one, and one may stand beside a bracket', () => {
    expect(spans('Hi **{{ a }}**!', { a: 'Amira' })).toEqual([
      ['Hi ', plain],
      ['Amira', bold],
      ['!', plain],
    ]);
    expect(spans('[{{ a }}]{{ b }}', { a: 1, b: 2 })).toEqual([['[1]2', plain]]);
  });

  test('marks inside one are left alone', () => {
    expect(spans("{{ a | append: '**]}}' }}**b**", { a: 'x' })).toEqual([
      ['x**]}}', plain],
      ['b', bold],
    ]);
    expect(spans("{% if a == '**' %}stars{% endif %}", { a: '**' })).toEqual([['stars', plain]]);
  });

  test('branches and loops switch styles as they run', () => {
    const loop = '[{% for i in (1..2) %}{{ i }}**x**{% endfor %}]{style=italic}';
    const italic = { fontStyle: 'italic' };
    expect(spans(loop)).toEqual([
      ['1', italic],
      ['x', { ...italic, ...bold }],
      ['2', italic],
      ['x', { ...italic, ...bold }],
    ]);
    expect(spans('{% if a %}**yes**{% else %}no{% endif %} sir', { a: 1 })).toEqual([
      ['yes', bold],
      [' sir', plain],
    ]);
  });

  test('an empty value leaves no empty span', () => {
    expect(spans('a **{{ x }}**b')).toEqual([['a b', plain]]);
  });
});

test.each([
  ['[a]{size=3}', 'size'],
  ['[a]{size=20em}', 'size'],
  ['[a]{size=large}', 'size'],
  ['[a]{decoration=overline}', 'decoration'],
  ['[a]{background=yellow}', 'background'],
  ['[a]{padding=3}', 'padding'],
  ['[a]{weight=heavy}', 'weight'],
  ['[a]{weight=450}', 'weight'],
  ['[a]{style=bold}', 'style'],
  ['[a]{color=red;}', 'color'],
  ['[a]{font="a;b"}', 'font'],
  ['[a]{color}', 'key=value'],
  ['[a]{}', 'key=value'],
  ['[a]{color=#fff', 'key=value'],
  ['a\uFDD1b', 'U+FDD0'],
  [Array.from({ length: 40 }, (_, i) => `[a]{color=#0000${i + 10}}`).join(''), '31'],
])('%j is refused with a sentence about %s', (source, about) => {
  let refused: unknown;
  try {
    parseMarkup(source);
  } catch (error) {
    refused = error;
  }
  expect(refused).toBeInstanceOf(AppError);
  expect(refused).toMatchObject({ code: 'template_invalid', message: expect.stringContaining(about) });
});

test('data never adds or moves a span, whatever it holds', () => {
  const hostile = fc
    .array(
      fc.constantFrom('**', '[', ']{color=#f00}', '\\', '{{ b }}', '{% raw %}', '\uFDD0', '\uFDD1', '\uFDEF', 'x', ' '),
      { maxLength: 12 },
    )
    .map((parts) => cleanText(parts.join('')));
  fc.assert(
    fc.property(hostile, (a) => {
      const expected = [
        ['<', plain],
        [a, bold],
        ['>', plain],
      ].filter(([text]) => text !== '');
      expect(spans('<**{{ a }}**>', { a, b: 'leak' })).toEqual(a === '' ? [['<>', plain]] : expected);
    }),
  );
});

test('any source gives spans or a template_invalid', () => {
  const source = fc
    .array(fc.constantFrom('**', '[', ']', '{', '}', '{{', '}}', '{%', '%}', '\\', 'a', ' ', "'", '"', 'color=#fff'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(source, fc.string({ unit: 'binary' })), (text) => {
      try {
        const { source: liquid, styles } = parseMarkup(text);
        splitSpans(liquid, styles);
      } catch (error) {
        expect(error).toMatchObject({ code: 'template_invalid' });
      }
    }),
    { numRuns: 1000 },
  );
});
