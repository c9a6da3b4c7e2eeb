import { useMutation } from '@tanstack/react-query';
import { Button, Label, Radio, RadioGroup } from 'react-aria-components';
import { Refused } from '../../api/client.ts';
import { samplesOf } from '../../fields/field.ts';
import { Choose } from '../../ui/choose.tsx';
import { useKept } from '../../ui/kept.ts';
import { Snippet } from '../../ui/snippet.tsx';
import { Trouble } from '../../ui/trouble.tsx';
import { words } from '../../words.ts';
import './copy.css';
import { FieldSources } from './field-sources.tsx';
import type { Opened } from './opened.ts';
import { type Mode, makeLink, type Target, useTargets, type Wanted } from './order.ts';
import { Picture } from './preview.tsx';
import { Received } from './received.tsx';

const MODES = ['contact', 'merge'] as const;

/** The block for an email, for any platform. */
export function Copy({ template }: { template: Opened }) {
  const { targets, error, refetch } = useTargets(words.copy.connected);
  if (template.channels.production === null) return <p className="nothing">{words.copy.unpublished}</p>;
  if (error) return <Trouble error={error} again={() => void refetch()} />;
  return targets.length > 0 ? <Order template={template} targets={targets} /> : null;
}

function Order({ template, targets }: { template: Opened; targets: readonly Target[] }) {
  const [wanted, setWanted] = useKept<Wanted>(`mergepix-copy ${template.name}`, () => ({
    ...{ target: 'mailchimp', mode: 'contact', sources: {} },
  }));
  const target = targets.find(({ id }) => id === wanted.target) ?? (targets[0] as Target);
  const making = useMutation({ mutationFn: (order: Wanted) => makeLink(template, order, target) });
  const change = (part: Partial<Wanted>): void => {
    making.reset();
    setWanted({ ...wanted, ...part });
  };
  const mayMerge = template.document.links?.allowMerge === true;
  const faults = making.error instanceof Refused ? making.error.faults : [];
  const faultOf = (name: string) => faults.find(({ path }) => path.startsWith(`fields.${name}.`))?.message;
  const isInPlace = faults.length > 0 && faults.every(({ path }) => path.startsWith('fields.'));
  return (
    <div className="try">
      <section className="data" aria-label={words.template.tabs.copy}>
        <p className="about">{words.copy.lead}</p>
        <Choose
          label={words.copy.platform}
          options={targets}
          value={target.id}
          onChange={(id) => change({ target: id, sources: {} })}
        />
        {mayMerge && (
          <RadioGroup
            className="field"
            value={wanted.mode}
            onChange={(mode) => change({ mode: mode as Mode, sources: {} })}
          >
            <Label>{words.copy.mode}</Label>
            {MODES.map((mode) => (
              <Radio key={mode} value={mode} className="radio">
                <span>
                  <strong>{words.copy.modes[mode][0]}</strong> {words.copy.modes[mode][1]}
                </span>
              </Radio>
            ))}
          </RadioGroup>
        )}
        <details className="columns" open={wanted.mode === 'merge' || Object.keys(wanted.sources).length > 0}>
          <summary>{words.copy.tags}</summary>
          <FieldSources
            {...{ template, wanted, target, mayMerge, faultOf }}
            onChange={(name, source) => change({ sources: { ...wanted.sources, [name]: source } })}
          />
          {mayMerge && <p className="about">{target.fieldRule}</p>}
        </details>
        <Button className="primary wide" isDisabled={making.isPending} onPress={() => making.mutate(wanted)}>
          {making.isPending ? words.copy.making : words.copy.make}
        </Button>
        {making.error && <Trouble error={making.error} />}
        {!isInPlace && faults.length > 0 && <Sentences of={faults.map(({ message }) => message)} />}
      </section>
      <section className="result made" aria-label={words.copy.made}>
        <p className="hidden" role="status">
          {making.data && words.copy.made}
        </p>
        {making.data ? (
          <>
            <Snippet title={words.copy.email[0]} about={words.copy.email[1]} text={making.data.block} />
            <Snippet title={words.copy.url[0]} about={words.copy.url[1]} text={making.data.url} />
            <Received template={template} wanted={wanted} target={target} made={making.data} />
            <Snippet title={words.copy.web[0]} about={words.copy.web[1]} text={making.data.web} />
            <Sentences title={words.copy.notes} of={making.data.notes} />
          </>
        ) : (
          <>
            <h2>{words.copy.recipient}</h2>
            <Picture template={template} data={samplesOf(template.fields)} isCompact />
            <Sentences title={words.copy.cannot} of={target.cannot} />
          </>
        )}
      </section>
    </div>
  );
}

function Sentences({ title, of }: { title?: string; of: readonly string[] }) {
  if (of.length === 0) return null;
  return (
    <section aria-label={title}>
      {title !== undefined && <h2>{title}</h2>}
      <ul className="sentences">
        {of.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  );
}
