import { useCallback, useDeferredValue, useEffect, useMemo, useState } from 'react';
import { Button, Switch } from 'react-aria-components';
import { type Data, samplesOf } from '../../fields/field.ts';
import { FieldInput } from '../../fields/field-input.tsx';
import { LivePicture } from '../../paint/live-picture.tsx';
import type { Said } from '../../paint/open.ts';
import { words } from '../../words.ts';
import { type Opened, useDataSets } from './opened.ts';
import { Picture, usePreview } from './preview.tsx';

const TYPING_MS = 250;

/** Data typed into the template's own form, and its picture. */
export function Try({ template }: { template: Opened }) {
  const [data, setData, form] = useKeptData(template);
  const given = useMemo(() => withoutBlanks(data), [data]);
  const settled = useSettled(given);
  const sets = useDataSets(template.name);
  const [said, setSaid] = useState<Said>();
  // Live data is the service's to ask for, so its pictures are too.
  const [isLive, setLive] = useState((template.document.freshness?.mode ?? 'static') === 'static');
  const [isBeside, setBeside] = useState(false);
  const giveUp = useCallback(() => setLive(false), []);
  const { data: preview } = usePreview(template, settled);
  const faults = (isLive ? said?.faults : preview?.faults) ?? [];
  const faultOf = (name: string) => faults.find(({ path }) => path === name || path.startsWith(`${name}.`))?.message;
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
        {isLive && (
          <>
            <figure className="preview">
              <div className="frame" style={{ aspectRatio: `${template.width} / ${template.height}` }}>
                <LivePicture
                  template={template}
                  data={given}
                  alt={said?.alt ?? words.template.picture}
                  onSaid={setSaid}
                  onFailed={giveUp}
                />
              </div>
              <figcaption>
                <p className="facts">
                  <span>{preview ? words.weight(preview.bytes) : '…'}</span>
                  <span>{words.gallery.size(template.width, template.height)}</span>
                </p>
                <dl>
                  <dt>{words.template.alt}</dt>
                  <dd>{said?.alt}</dd>
                </dl>
                <ul className={said?.notes.length ? 'notes' : 'notes fine'} aria-label={words.template.notes}>
                  {said?.notes.length === 0 && <li>{words.template.noNotes}</li>}
                  {said?.notes.map((note) => (
                    <li key={note}>{note}</li>
                  ))}
                </ul>
              </figcaption>
            </figure>
            <Switch className="switch" isSelected={isBeside} onChange={setBeside}>
              <span className="track" aria-hidden>
                <span className="thumb" />
              </span>
              {words.template.beside}
            </Switch>
          </>
        )}
        {(isBeside || !isLive) && <Picture template={template} data={settled} isCompact={isLive} />}
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

const withoutBlanks = (data: Data): Data =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== '' && value !== undefined));

/** A value once it has stood still for a moment. */
function useSettled(data: Data): Data {
  const [settled, setSettled] = useState(data);
  useEffect(() => {
    const timer = setTimeout(setSettled, TYPING_MS, data);
    return () => clearTimeout(timer);
  }, [data]);
  return useDeferredValue(settled);
}
