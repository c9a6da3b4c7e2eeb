import { useCallback, useMemo } from 'react';
import { type Data, samplesOf } from '../../fields/field.ts';
import { useKept } from '../../ui/kept.ts';
import type { Opened } from './opened.ts';

/** What a template is tried with, kept in this tab; `form` changes with every whole set that is put in. */
type Trial = { readonly data: Data; readonly form: number; readonly isEdited: boolean };

const keyOf = ({ name }: Opened): string => `mergepix-data ${name}`;
const begin = (data: Data): Trial => ({ data, form: 0, isEdited: false });

/** Has a template tried with a set of data when its form is opened next. */
export const keepTrial = (template: Opened, data: Data): void =>
  sessionStorage.setItem(keyOf(template), JSON.stringify(begin(data)));

/** The data a template is tried with: as typed, and as it is sent, without blanks. */
export function useTrial(template: Opened) {
  const [trial, setTrial] = useKept<Trial>(keyOf(template), () => begin(samplesOf(template.fields)));
  const { data, form } = trial;
  const put = useCallback(
    (set: Data) => setTrial((before) => ({ data: set, form: before.form + 1, isEdited: false })),
    [setTrial],
  );
  const given = useMemo(() => withoutBlanks(data), [data]);
  return {
    ...{ ...trial, given },
    /** Puts a whole set in. */
    put,
    change: (name: string, value: unknown) => setTrial({ data: { ...data, [name]: value }, form, isEdited: true }),
  };
}

const withoutBlanks = (data: Data): Data =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== '' && value !== undefined));
