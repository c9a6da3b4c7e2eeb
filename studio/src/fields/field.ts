/** A field of a template as the API tells it; what its type does not know is absent. */
export type Field = {
  readonly type: 'text' | 'number' | 'choice' | 'boolean' | 'date' | 'color' | 'url' | 'image' | 'list';
  readonly label?: string;
  readonly help?: string;
  readonly required?: boolean;
  readonly fallback?: unknown;
  readonly sample?: unknown;
  readonly maxLength?: number;
  readonly options?: readonly string[];
};

/** Data for a template, as it is typed: what is blank is left out when it is sent. */
export type Data = Readonly<Record<string, unknown>>;

/** What is drawn of each field's own example. */
export const samplesOf = (fields: Readonly<Record<string, Field>>): Data =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, { sample, fallback }]) => {
      const value = sample ?? fallback;
      return value === undefined ? [] : [[name, value]];
    }),
  );
