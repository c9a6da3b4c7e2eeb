import { AppError, nearest } from '../core/errors.ts';
import type { Template } from '../core/template/schema.ts';

/** Says once which columns the template does not use. Throws data_invalid when it uses none, or `--name` is not there. */
export function noteColumns(template: Template, columns: readonly string[], nameField?: string): string[] {
  const fields = Object.keys(template.fields);
  const suggest = (name: string, candidates: readonly string[]): string => {
    const near = nearest(name, candidates);
    return near ? `: did you mean ${near}?` : '.';
  };
  if (nameField !== undefined && columns.length > 0 && !columns.includes(nameField))
    throw new AppError(
      'data_invalid',
      `There is no column ${nameField} to name files by${suggest(nameField, columns)}`,
    );
  const unused = columns.filter((name) => !fields.includes(name));
  if (fields.length > 0 && columns.length > 0 && unused.length === columns.length)
    throw new AppError('data_invalid', `No column is a field of the template: name them ${fields.join(', ')}.`);
  const ignored = unused.filter((name) => name !== nameField);
  for (const name of ignored.slice(0, 20)) {
    const near = fields.filter((field) => !columns.includes(field));
    console.error(`note: the template has no field for the column ${name}${suggest(name, near)}`);
  }
  return ignored;
}
