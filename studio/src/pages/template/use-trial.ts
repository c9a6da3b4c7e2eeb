import { useMemo } from 'react';
import { type Data, samplesOf } from '../../fields/field.ts';
import { useKept } from '../../ui/kept.ts';
import type { Opened } from './opened.ts';

/** What a template is tried with, kept in this tab; `form` changes with every whole set that is put in. */
type Trial = { readonly data: Data; readonly form: number; readonly isEdited: boolean };

/** The data a template is tried with: as typed, and as it is sent, without blanks. */
export function useTrial(template: Opened) {
  const [trial, setTrial] = useKept<Trial>(`mergepix-data ${template.name}`, () => ({
    ...{ data: samplesOf(template.fields), form: 0, isEdited: false },
  }));
  const { data, form } = trial;
  const given = useMemo(() => withoutBlanks(data), [data]);
  return {
    ...{ ...trial, given },
    /** Puts a whole set in. */
    put: (set: Data) => setTrial({ data: set, form: form + 1, isEdited: false }),
    change: (name: string, value: unknown) => setTrial({ data: { ...data, [name]: value }, form, isEdited: true }),
  };
}

const withoutBlanks = (data: Data): Data =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== '' && value !== undefined));
