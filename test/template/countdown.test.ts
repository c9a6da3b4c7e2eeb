import { describe, expect, it } from 'vitest';
import type { AppError } from '../../core/errors.ts';
import { compileTemplate } from '../../core/template/compile.ts';
import { applyContract } from '../../core/template/contract.ts';
import { checkPublishable, parseTemplate } from '../../core/template/parse.ts';

const template = (text: string, changes: Record<string, unknown> = {}) => ({
  name: 'sale',
  size: { width: 100, height: 40 },
  timeZone: 'Europe/Berlin',
  freshness: { mode: 'live', seconds: 60 },
  alt: 'A sale',
  fields: { ends: { type: 'date', fallback: '' }, zone: { type: 'text', fallback: '' } },
  countdown: { to: '{{ ends }}' },
  layers: [
    {
      id: 'clock',
      type: 'text',
      text,
      fontSize: 12,
      box: { x: 0, y: 0, width: 100, height: 40 },
      fit: { maxLines: 1 },
    },
  ],
  ...changes,
});

/** What the clock of a template says at a moment. */
function clockOf(document: ReturnType<typeof template>, data: Record<string, unknown>, now?: string): string {
  const compiled = compileTemplate(parseTemplate(document));
  const { values } = applyContract(compiled.template.fields, data);
  const moment = now === undefined ? undefined : Date.parse(now);
  const layer = compiled.layers[0]?.resolve({
    ...values,
    countdown: compiled.countdown?.at(values, moment),
  }) as { text: { text: string }[] };
  return layer.text.map(({ text }) => text.replaceAll(/[\u2066-\u2069]/g, '')).join('');
}

const whole = '{{ countdown.days }} {{ countdown.hours }}:{{ countdown.minutes }}:{{ countdown.seconds }}';
const ends = '2026-12-24T18:00:00';

const faultsOf = (document: unknown): string[] => {
  try {
    parseTemplate(document);
    return [];
  } catch (error) {
    return (error as AppError).faults.map(({ path, message }) => `${path}: ${message}`);
  }
};

describe('a countdown', () => {
  it('counts days, hours, minutes and seconds on the clocks of the template', () => {
    expect(clockOf(template(whole), { ends }, '2026-12-23T08:59:01Z')).toBe('1 08:00:59');
    expect(clockOf(template(whole), { ends: '2026-12-24T18:00:00Z' }, '2026-12-24T17:59:55Z')).toBe('0 00:00:05');
  });

  it('gives what is left of units that are not read to the next smaller one', () => {
    const text = '{{ countdown.hours }}:{{ countdown.minutes }}';
    expect(clockOf(template(text), { ends }, '2026-12-20T15:30:00Z')).toBe('97:30');
    expect(clockOf(template('{{ countdown.seconds }}'), { ends }, '2026-12-24T16:58:20Z')).toBe('100');
  });

  it('runs from a date of each contact for some hours, on the clocks of their own zone', () => {
    const hours = template(whole, { countdown: { to: '{{ ends }}', hours: 48 } });
    expect(clockOf(hours, { ends: '2026-12-22T10:00:00Z' }, '2026-12-23T10:00:00Z')).toBe('1 00:00:00');
    const zoned = template(whole, { countdown: { to: ends, timeZone: '{{ zone }}' } });
    expect(clockOf(zoned, { zone: 'America/New_York' }, '2026-12-24T17:00:00Z')).toBe('0 06:00:00');
    expect(clockOf(zoned, { zone: 'Middle/Earth' }, '2026-12-24T16:00:00Z')).toBe('0 01:00:00');
  });

  it('is over where systems write the first day of all for no date, and far off on the last', () => {
    const zoned = template('{{ countdown.over }}', { countdown: { to: '{{ ends }}', timeZone: '{{ zone }}' } });
    for (const zone of ['America/New_York', 'Asia/Tokyo', 'UTC'])
      for (const [ends, over] of [
        ['0001-01-01T00:00:00', 'true'],
        ['0999-12-31', 'true'],
        ['9999-12-31T23:59:59', 'false'],
      ] as const)
        expect(clockOf(zoned, { ends, zone }, '2026-12-24T17:00:00Z')).toBe(over);
    expect(faultsOf(template(whole, { countdown: { to: '0001-01-01' } }))).toEqual([]);
  });

  it('is over from its end on, without a date, and where nobody knows the time', () => {
    const text = `{% if countdown.over %}over {% endif %}${whole}`;
    expect(clockOf(template(text), { ends }, '2026-12-24T16:59:59Z')).toBe('0 00:00:01');
    expect(clockOf(template(text), { ends }, '2026-12-24T17:00:00Z')).toBe('over 0 00:00:00');
    expect(clockOf(template(text), {}, '2026-12-24T16:00:00Z')).toBe('over 0 00:00:00');
    expect(clockOf(template(text), { ends })).toBe('over 0 00:00:00');
  });

  it('makes one picture of all moments after its end, unless that shows the time otherwise', () => {
    const end = Date.parse('2026-12-24T17:00:00Z');
    const momentsOf = (text: string) => {
      const compiled = compileTemplate(parseTemplate(template(text)));
      return [end - 60_000, end + 60_000, end + 120_000].map((now) => compiled.momentOf({ ends }, now) - end);
    };
    expect(momentsOf(whole)).toEqual([-60_000, 0, 0]);
    expect(momentsOf(`${whole} {{ now | date: 'time' }}`)).toEqual([-60_000, 60_000, 120_000]);
    expect(compileTemplate(parseTemplate(template(whole))).drawnFields).toEqual(['ends']);
  });

  it('is refused where it has no end, nothing reads it, or a static picture does', () => {
    expect(faultsOf(template(whole, { countdown: { to: 'next week' } }))).toEqual([
      expect.stringMatching(/^countdown\.to: expected a date/),
    ]);
    expect(faultsOf(template(whole, { countdown: { to: '{{ end }}' } }))).toEqual([
      expect.stringMatching(/^countdown\.to: uses the field end, .* did you mean ends\?/),
    ]);
    expect(faultsOf(template(whole, { countdown: { to: '{{ now }}' } }))).toEqual([
      expect.stringMatching(/^countdown\.to: is made of fields alone/),
    ]);
    expect(faultsOf(template(whole, { countdown: undefined }))[0]).toMatch(/counts down to nothing/);
    expect(faultsOf(template('{{ countdown.weeks }}'))[0]).toMatch(/read countdown\.days, countdown\.hours/);
    expect(faultsOf(template(whole, { freshness: { mode: 'static' } }))[0]).toMatch(/a static picture is drawn once/);
    expect(faultsOf(template(whole, { alt: 'Ends in {{ countdown.hours }} hours' }))).toEqual([
      expect.stringMatching(/^alt: reads countdown\.hours/),
    ]);
    expect(checkPublishable(parseTemplate(template('{{ zone }}'))).map(({ path }) => path)).toEqual(['countdown']);
  });
});
