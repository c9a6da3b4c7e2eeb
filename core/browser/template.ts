import { parseTemplate } from '../template/parse.ts';
import type { Template } from '../template/schema.ts';
import { loadRe2js } from './re2js.ts';

/**
 * Checks a template document as `parseTemplate` does, and throws as it does; what judges the patterns of fields is loaded
 * first where there is one, and rejects when that cannot be had.
 */
export async function openTemplate(document: unknown): Promise<Template> {
  if (/"pattern":/.test(JSON.stringify(document))) await loadRe2js();
  return parseTemplate(document);
}
