import { useDeferredValue, useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import { type Data, samplesOf } from '../../fields/field.ts';
import { FieldInput } from '../../fields/field-input.tsx';
import { words } from '../../words.ts';
import { type Opened, useDataSets } from './opened.ts';
import { Picture, usePreview } from './preview.tsx';

const TYPING_MS = 120;

/** Data typed into the template's own form, and its picture. */
export function Try({ template }: { template: Opened }) {
  const [data, setData, form] = useKeptData(template);
  const settled = useSettled(data);
  const sets = useDataSets(template.name);
  const { data: preview } = usePreview(template, settled);
  const faultOf = (name: string) =>
    preview?.faults.find(({ path }) => path === name || path.startsWith(`${name}.`))?.message;
  return (
    <div className="try">
      <section className="data" aria-label={words.template.data}>
        <fieldset className="chips">
          <legend>{words.template.sets}</legend>
          <Button className="chip" onPress={() => setData(samplesOf(template.fields))}>
            {words.template.sample}
          </Button>
          {sets.map(({ name, data: set }) => (
            <Button key={name} className="chip" onPress={() => setData(set)}>
              {words.template.setNames[name as keyof typeof words.template.setNames] ?? name}
            </Button>
          ))}
        </fieldset>
        {Object.entries(template.fields).map(([name, field]) => (
          <FieldInput
            // Inputs that keep what is typed begin anew with another set of data.
            key={`${form} ${name}`}
            name={name}
            field={field}
            value={data[name]}
            fault={faultOf(name)}
            onChange={(value) => setData({ ...data, [name]: value }, form)}
          />
        ))}
      </section>
      <section className="result" aria-label={words.template.picture}>
        <Picture template={template} data={settled} />
      </section>
    </div>
  );
}

/** Data kept in this tab, so that nothing is lost when the page is loaded again; `form` changes with every set put in. */
function useKeptData(template: Opened): [Data, (data: Data, form?: number) => void, number] {
  const key = `mergepix-data ${template.name}`;
  const [{ data, form }, setKept] = useState<{ data: Data; form: number }>(() => {
    const kept = sessionStorage.getItem(key);
    return { data: kept === null ? samplesOf(template.fields) : (JSON.parse(kept) as Data), form: 0 };
  });
  useEffect(() => sessionStorage.setItem(key, JSON.stringify(data)), [key, data]);
  return [data, (next, same) => setKept({ data: next, form: same ?? form + 1 }), form];
}

/** A value once it has stood still for a moment; blanks left out. */
function useSettled(data: Data): Data {
  const [settled, setSettled] = useState(data);
  useEffect(() => {
    const timer = setTimeout(setSettled, TYPING_MS, data);
    return () => clearTimeout(timer);
  }, [data]);
  const shown = useDeferredValue(settled);
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== '' && value !== undefined));
}
