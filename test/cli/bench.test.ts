import { beforeAll, describe, expect, it } from 'vitest';
import { sumUp } from '../../cli/figures.ts';
import { makeFolder, run, writeTemplate } from './command.ts';

const folder = makeFolder();

beforeAll(async () => {
  await writeTemplate(folder);
});

describe('mergepix bench', () => {
  it('gives one JSON object with the figures', async () => {
    const { code, out } = await run(folder, ['bench', 'card', '--count', '5', '--price', '0.1', '--json']);
    expect(code).toBe(0);
    const figures = JSON.parse(out);
    expect(figures).toMatchObject({
      ...{ template: 'card', count: 5, width: 60, height: 30, format: 'png' },
      price_per_core_hour: 0.1,
    });
    for (const name of ['p50_ms', 'p95_ms', 'bytes', 'images_per_core_hour', 'cost_per_1000'])
      expect(figures[name], name).toBeGreaterThan(0);
  });

  it('exits with 2 for a count or a price that is none', async () => {
    expect(await run(folder, ['bench', 'card', '--count', '0'])).toMatchObject({ code: 2 });
    expect(await run(folder, ['bench', 'card', '--price', 'cheap'])).toMatchObject({ code: 2 });
  });
});

describe('the figures', () => {
  it('turn timings into quantiles, a yield and a cost', () => {
    const timings = Array.from({ length: 100 }, (_, i) => ({ ms: i + 1, bytes: 1000 + i }));
    expect(sumUp(timings, 36_000, 0.04)).toEqual({
      ...{ count: 100, p50_ms: 51, p95_ms: 96, bytes: 1050 },
      ...{ images_per_core_hour: 10_000, price_per_core_hour: 0.04, cost_per_1000: 0.004 },
    });
  });
});
