import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { layerTypes } from '../core/paint/layers/index.ts';
import { FAMILIES } from '../core/paint/text/families.ts';
import { fieldTypes } from '../core/template/fields/index.ts';
import { filters } from '../core/template/filters.ts';
import { templateSchema } from '../core/template/schema.ts';

const page = readFileSync(new URL('../docs/templates.md', import.meta.url), 'utf8');
const names = (schema: { shape: object }): string[] => Object.keys(schema.shape);

describe('the template reference', () => {
  it.each([
    ['template', names(templateSchema).filter((name) => name !== '$schema')],
    ['field', [...Object.keys(fieldTypes), ...Object.values(fieldTypes).flatMap(({ schema }) => names(schema))]],
    ['layer', [...Object.keys(layerTypes), ...Object.values(layerTypes).flatMap(({ schema }) => names(schema))]],
    ['filter', Object.keys(filters)],
  ])('describes every %s option there is', (_, options) => {
    expect(options.filter((option) => !new RegExp(`[\`"]${option}[\`"]|### ${option}`).test(page))).toEqual([]);
  });

  it('names every family to design with', () => {
    expect(FAMILIES.filter((family) => !family.startsWith('Noto') && !page.includes(family))).toEqual([]);
  });

  it('shows a template that works', async () => {
    const { parseTemplate } = await import('../core/template/parse.ts');
    const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(parseTemplate(JSON.parse(example)).name).toBe('summer-hero');
  });
});
