import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { compileTemplate } from '../../core/template/compile.ts';
import { bucketStart, type LiveValues, liveScope, liveValue } from '../../core/template/live.ts';
import { checkPublishable, parseTemplate } from '../../core/template/parse.ts';

const layer = (id: string, text: string, more: object = {}) => ({
  id,
  type: 'text',
  text,
  box: { x: 0, y: 0, width: 300, height: 40 },
  fontSize: 20,
  fit: { maxLines: 1 },
  ...more,
});
const weather = { from: 'open-weather', params: { city: '{{ city | lower }}' }, fallback: { temp: '–', icon: 'sun' } };
const forecast = (changes: object = {}) => ({
  name: 'forecast',
  size: { width: 300, height: 100 },
  freshness: { mode: 'hybrid', seconds: 600 },
  timeZone: 'Europe/London',
  alt: 'Weather for {{ first_name }}: {{ source.weather.temp }} degrees',
  fields: { first_name: { type: 'text', fallback: 'you' }, city: { type: 'text', fallback: 'London' } },
  sources: { weather },
  layers: [
    layer('temp', '{{ source.weather.temp }}° at {{ now | date: "time" }}'),
    layer('sun', 'sunny', { when: "source.weather.icon == 'sun'" }),
  ],
  ...changes,
});

function faultsOf(document: unknown): string[] {
  try {
    parseTemplate(document);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return (error as AppError).faults.map(({ path, message }) => `${path}: ${message}`);
  }
}

/** The texts a template draws, and how many layers it draws them in. */
function draw(document: object, values: Record<string, string>, live?: LiveValues): string[] {
  const compiled = compileTemplate(parseTemplate(document));
  const scope = liveScope(compiled, values, live);
  return compiled.layers
    .map((each) => each.resolve(scope) as { text: readonly { text: string }[] } | undefined)
    .filter((resolved) => resolved !== undefined)
    .map(({ text }) => text.map((span) => span.text).join(''));
}

describe('the freshness of a template', () => {
  it('has the defaults of its mode', () => {
    const freshness = (given: object) => parseTemplate(forecast({ freshness: given })).freshness;
    expect(freshness({ mode: 'live' })).toEqual({ mode: 'live', seconds: 300, maxAge: 300, stale: 300 });
    expect(freshness({ mode: 'hybrid', seconds: 60, stale: 0 })).toEqual({
      mode: 'hybrid',
      seconds: 60,
      maxAge: 60,
      stale: 0,
    });
  });

  it('is refused with a sentence for an option of another mode, or a mode there is not', () => {
    const still = { sources: {}, alt: 'x', layers: [layer('a', 'x')] };
    expect(faultsOf(forecast({ ...still, freshness: { mode: 'static', seconds: 60 } }))).toEqual([
      'freshness.seconds: is for live and hybrid templates: set freshness.mode to one of them, or remove it',
    ]);
    expect(faultsOf(forecast({ ...still, freshness: { mode: 'fresh' } }))).toEqual([
      expect.stringMatching(/^freshness\.mode: .*static, live, hybrid/),
    ]);
    expect(faultsOf(forecast({ freshness: { mode: 'live', seconds: 5 } }))).toEqual([
      expect.stringMatching(/^freshness\.seconds: /),
    ]);
  });

  it('begins its buckets at the same moments for everybody', () => {
    const at = Date.UTC(2026, 4, 4, 12, 7, 31, 5);
    expect(new Date(bucketStart({ seconds: 300 }, at) ?? 0).toISOString()).toBe('2026-05-04T12:05:00.000Z');
    expect(bucketStart({}, at)).toBeUndefined();
  });
});

describe('live data in a template', () => {
  it('reads what sources gave and the moment of the bucket, in the time zone of the template', () => {
    const live = { now: Date.UTC(2026, 6, 1, 12, 30), source: { weather: { temp: 21.5, icon: 'rain' } } };
    expect(draw(forecast(), {}, live)).toEqual([expect.stringMatching(/^21\.5° at 1:30\sPM$/)]);
  });

  it('has the fallback for everything a source did not give', () => {
    expect(draw(forecast(), {}, { source: { weather: { temp: 3 } } })).toEqual(['3° at ', 'sunny']);
    expect(draw(forecast(), {})).toEqual(['–° at ', 'sunny']);
  });

  it('compares the moment with a date', () => {
    const over = forecast({
      fields: { ends: { type: 'date', fallback: '2026-08-31T18:00:00Z' } },
      sources: {},
      alt: 'Sale',
      layers: [layer('on', 'on', { when: 'now < ends' }), layer('over', 'over', { when: 'now >= ends' })],
    });
    const values = { ends: '2026-08-31T18:00:00Z' };
    expect(draw(over, values, { now: Date.UTC(2026, 7, 31, 17, 59) })).toEqual(['on']);
    expect(draw(over, values, { now: Date.UTC(2026, 7, 31, 18) })).toEqual(['over']);
  });

  it('says what decides a picture: fields drawn or asked with, sources, the clock', () => {
    const { drawnFields, drawnSources, usesNow, sources } = compileTemplate(parseTemplate(forecast()));
    expect({ drawnFields, drawnSources, usesNow }).toEqual({
      drawnFields: ['city'],
      drawnSources: ['weather'],
      usesNow: true,
    });
    expect(sources[0]?.params({ city: 'OSLO ' })).toEqual({ city: 'oslo' });
  });

  it('shows the fallback in an alt text, which is written once', () => {
    expect(compileTemplate(parseTemplate(forecast())).alt({ first_name: 'Ada' })).toBe('Weather for Ada: – degrees');
    expect(faultsOf(forecast({ alt: 'At {{ now }}' }))).toEqual([
      'alt: reads now, but an alt text is written once: leave it out',
    ]);
  });

  it.each([
    ['an unknown source', '{{ source.wether.temp }}', 'reads the source wether,', 'did you mean weather?'],
    ['a field without a fallback', '{{ source.weather.tmp }}', 'reads source.weather.tmp,', 'did you mean temp?'],
    ['a source as a whole', '{{ source.weather }}', 'reads a source as a whole', 'source.weather.temp'],
    ['a path that data would choose', '{{ source[city].temp }}', 'reads the source ?,', 'does not have'],
    ['a path behind another name', '{% assign w = source.weather %}{{ w.temp }}', 'reads a source as a whole', ''],
  ])('is refused for %s', (_, text, start, end) => {
    const faults = faultsOf(forecast({ layers: [layer('a', text)] }));
    expect(faults).toEqual([expect.stringContaining(`layers.0.text: ${start}`)]);
    expect(faults[0]).toContain(end);
  });

  it('is refused in a static template, and as the address of a picture', () => {
    const still = { freshness: { mode: 'static' }, alt: 'x', sources: {}, layers: [layer('a', '{{ now }}')] };
    expect(faultsOf(forecast(still))).toEqual([
      'layers.0.text: reads now, but a static picture is drawn once: set freshness.mode to live or hybrid',
    ]);
    const picture = { id: 'p', type: 'image', src: '{{ source.weather.icon }}', box: layer('a', '').box };
    expect(faultsOf(forecast({ layers: [picture] }))).toEqual([
      expect.stringContaining('layers.0.src: chooses a picture by source.weather.icon'),
    ]);
  });

  it('is refused for parameters made of anything but fields', () => {
    const params = (city: string) => faultsOf(forecast({ sources: { weather: { ...weather, params: { city } } } }));
    expect(params('{{ now }}')).toEqual([expect.stringContaining('sources.weather.params.city: a parameter is made')]);
    expect(params('{{ town }}')).toEqual([expect.stringContaining('sources.weather.params.city: uses the field town')]);
    expect(params('{{ city | shout }}')).toEqual([expect.stringContaining('sources.weather.params.city: ')]);
  });

  it('keeps its names from fields', () => {
    for (const name of ['now', 'source'])
      expect(faultsOf(forecast({ fields: { [name]: { type: 'text', fallback: '' } } }))).toContainEqual(
        expect.stringContaining('names live data in expressions: choose another field name'),
      );
  });

  it('is not published while nothing reads it', () => {
    const paths = (changes: object) => checkPublishable(parseTemplate(forecast(changes))).map(({ path }) => path);
    expect(paths({})).toEqual([]);
    expect(paths({ layers: [layer('a', '{{ source.weather.temp }}')] })).toEqual(['sources.weather.fallback.icon']);
    expect(paths({ layers: [layer('a', 'x')], alt: 'x' })).toEqual(['sources.weather']);
  });

  it('takes clean text, numbers, true and false from strangers, and nothing else', () => {
    expect(['Oslo\u202e \u{FDD1}', 21, false, ''].map(liveValue)).toEqual(['Oslo', 21, false, '']);
    expect([null, {}, [], Number.NaN, 'x'.repeat(501)].map(liveValue)).toEqual(Array(5).fill(undefined));
  });
});
