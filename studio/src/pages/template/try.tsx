import { useCallback, useDeferredValue, useEffect, useState } from 'react';
import { Button, ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { ContactSearch } from '../../fields/contact-search.tsx';
import { type Data, samplesOf } from '../../fields/field.ts';
import { FieldInput } from '../../fields/field-input.tsx';
import { LivePicture } from '../../paint/live-picture.tsx';
import type { Said } from '../../paint/open.ts';
import { usePainter } from '../../paint/use-painter.ts';
import { useKept } from '../../ui/kept.ts';
import { Toggle } from '../../ui/toggle.tsx';
import { words } from '../../words.ts';
import { Caption } from './caption.tsx';
import { frameOf, type Opened, titleOfSet, useDataSets } from './opened.ts';
import { Picture, usePreview } from './preview.tsx';
import { TableSource } from './table-source.tsx';
import './try.css';
import { useTable } from './use-table.ts';
import { useTrial } from './use-trial.ts';

const TYPING_MS = 250;
const SOURCES = ['sets', 'table', 'contact'] as const;
type Source = (typeof SOURCES)[number];

/** A template with data: from an example, a row of a table or a contact, and whatever is typed on top of it. */
export function Try({ template }: { template: Opened }) {
  const { data, given, form, isEdited, put, change } = useTrial(template);
  const [source, setSource] = useKept<Source>(`mergepix-source ${template.name}`, () => 'sets');
  const table = useTable(template, put);
  const sets = useDataSets(template.name);
  const settled = useSettled(given);
  const live = usePainter(template);
  const [said, setSaid] = useState<Said>();
  const [hasFailed, setFailed] = useState(false);
  const [isBeside, setBeside] = useState(false);
  const giveUp = useCallback(() => setFailed(true), []);
  const { data: preview } = usePreview(template, settled);
  const finished = (preview?.warnings ?? [])
    .filter(({ code }) => OF_FINISHED.includes(code))
    .map(({ message }) => message);
  // Live data is the service's to ask for, so its pictures are too.
  const isLive = (template.document.freshness?.mode ?? 'static') === 'static' && live !== null && !hasFailed;
  const faults = (isLive ? said?.faults : preview?.faults) ?? [];
  const faultOf = (name: string) => faults.find(({ path }) => path === name || path.startsWith(`${name}.`))?.message;
  return (
    <div className="try">
      <section className="data" aria-label={words.template.data}>
        <ToggleButtonGroup
          className="segments"
          aria-label={words.template.who}
          disallowEmptySelection
          selectedKeys={[source]}
          onSelectionChange={([chosen]) => setSource(chosen as Source)}
        >
          {SOURCES.map((id) => (
            <ToggleButton key={id} id={id}>
              {words.template.from[id]}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        {source === 'sets' && (
          <fieldset className="chips">
            <legend>{words.template.sets}</legend>
            <Button className="chip" onPress={() => put(samplesOf(template.fields))}>
              {words.template.sample}
            </Button>
            {sets.map(({ name, data: set }) => (
              <Button key={name} className="chip" onPress={() => put(set)}>
                {titleOfSet(name)}
              </Button>
            ))}
          </fieldset>
        )}
        {source === 'table' && <TableSource template={template} given={table} live={live} />}
        {source === 'contact' && (
          <ContactSearch
            keptAs={template.name}
            fields={template.fields}
            onFound={(contact) => put(pick(template, contact?.fields ?? {}))}
          />
        )}
        <fieldset className="form" aria-label={words.template.data}>
          {isEdited && source !== 'sets' && <p className="about">{words.template.edited}</p>}
          {Object.entries(template.fields).map(([name, field]) => (
            <FieldInput
              // Inputs that keep what is typed begin anew with another set of data.
              key={`${form} ${name}`}
              name={name}
              field={field}
              value={data[name]}
              fault={faultOf(name)}
              onChange={(value) => change(name, value)}
            />
          ))}
        </fieldset>
      </section>
      <section className="result" aria-label={words.template.picture}>
        <div className={isBeside && isLive ? 'pair' : undefined}>
          {isLive && (
            <figure className="preview">
              {isBeside && <h2>{words.template.painted}</h2>}
              <div className="frame" style={frameOf(template)}>
                <LivePicture
                  live={live}
                  data={given}
                  alt={said?.alt ?? words.template.picture}
                  onSaid={setSaid}
                  onFailed={giveUp}
                />
              </div>
              <figcaption>
                <Caption
                  bytes={preview?.bytes}
                  size={template}
                  alt={said?.alt}
                  notes={said && [...new Set([...said.notes, ...finished])]}
                  texts={said?.texts}
                />
              </figcaption>
            </figure>
          )}
          {(isBeside || !isLive) && (
            <Picture
              template={template}
              data={settled}
              {...(isLive && { title: words.template.served })}
              isCompact={isLive}
            />
          )}
        </div>
        {isLive && <Toggle label={words.template.beside} isOn={isBeside} onChange={setBeside} />}
      </section>
    </div>
  );
}

/** What only the finished picture tells: the page knows neither its weight nor what lies behind its letters. */
const OF_FINISHED: readonly string[] = ['lower_quality', 'too_heavy', 'low_contrast'];

/** Of what is known of a contact, what the template asks for. */
const pick = ({ fields }: Opened, known: Data): Data =>
  Object.fromEntries(Object.keys(fields).flatMap((name) => (Object.hasOwn(known, name) ? [[name, known[name]]] : [])));

/** A value once it has stood still for a moment. */
function useSettled(data: Data): Data {
  const [settled, setSettled] = useState(data);
  useEffect(() => {
    const timer = setTimeout(setSettled, TYPING_MS, data);
    return () => clearTimeout(timer);
  }, [data]);
  return useDeferredValue(settled);
}
