import { describe, expect, it } from 'vitest';
import { applyContract } from '../../core/template/contract.ts';
import { type Fields, fieldSchema } from '../../core/template/fields/index.ts';
import { syntheticData } from '../../core/template/synthetic-data.ts';

const given: Record<string, unknown> = {
  name: { type: 'text', fallback: '', minLength: 12, maxLength: 14, case: 'name' },
  code: { type: 'text', fallback: '', pattern: '[A-Z]{2}[0-9]+', sample: 'AB12' },
  arabic: { type: 'text', fallback: '', scripts: ['Arabic'] },
  points: { type: 'number', fallback: 5, min: 5, max: 9, integer: true },
  share: { type: 'number', fallback: 0, min: -1.5, max: 1.5 },
  narrow: { type: 'number', fallback: 0.2, min: 0.2, max: 0.4 },
  day: { type: 'date', fallback: '' },
  tier: { type: 'choice', options: ['gold', 'silver'], fallback: 'gold' },
  vip: { type: 'boolean', fallback: false },
  photo: { type: 'image', fallback: { initials: 'name' } },
  brand: { type: 'color', fallback: '#000000' },
  page: { type: 'url', fallback: '' },
  items: { type: 'list', of: { what: { type: 'text', fallback: '' } }, maxItems: 2, fallback: [] },
};
const fields = Object.fromEntries(
  Object.entries(given).map(([name, field]) => [name, fieldSchema.parse(field)]),
) as Fields;

describe('synthetic data', () => {
  it('fits every type of field, for any person', () => {
    for (let n = 0; n < 500; n++) expect(applyContract(fields, syntheticData(fields, n)).faults).toEqual([]);
  });

  it('differs from person to person and never from run to run', () => {
    const people = Array.from({ length: 100 }, (_, n) => JSON.stringify(syntheticData(fields, n)));
    expect(new Set(people).size).toBe(100);
    expect(JSON.stringify(syntheticData(fields, 7))).toBe(people[7]);
  });
});
