import { imageRefs, withHosts } from './assets.ts';
import { applyContract } from './contract.ts';
import type { Template } from './schema.ts';
import type { Values, Warning } from './value.ts';

/**
 * Puts a field's fallback where its picture is among the missing ones, and says so. `refs` are all pictures the values
 * name, as `imageRefs` gives them.
 */
export function withoutMissing(
  template: Template,
  values: Values,
  refs: readonly string[],
  missing: readonly string[],
): { values: Values; warnings: Warning[] } {
  if (missing.length === 0) return { values, warnings: [] };
  const dropped: Record<string, unknown> = { ...values };
  const warnings: Warning[] = [];
  for (const name of Object.keys(template.fields)) {
    const value = values[name];
    const held = imageRefs({ ...template, fields: { [name]: template.fields[name] } } as Template, { [name]: value });
    if (!held.some((ref) => missing.includes(ref))) continue;
    warnings.push({
      code: 'image_missing',
      field: name,
      message: `${name}: its picture could not be had, the fallback was used`,
    });
    dropped[name] = Array.isArray(value) ? value.map((item) => blankImages(item, missing)) : '';
  }
  // What was good enough to be loaded is from a host that is allowed, if not by the field then by the workspace.
  const fields = withHosts(template.fields, [...refs, ...missing].flatMap(hostOf));
  return { values: applyContract(fields, dropped).values, warnings };
}

const hostOf = (ref: string): string[] => (/^https?:/.test(ref) ? [new URL(ref).host] : []);

const blankImages = (item: Readonly<Record<string, unknown>>, missing: readonly string[]) =>
  Object.fromEntries(Object.entries(item).map(([key, value]) => [key, missing.includes(value as string) ? '' : value]));
