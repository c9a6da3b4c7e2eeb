import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button, Input, Label, Radio, RadioGroup, Text, TextField } from 'react-aria-components';
import { api, dataOf } from '../../api/client.ts';
import { samplesOf } from '../../fields/field.ts';
import { Choose } from '../../ui/choose.tsx';
import { Snippet } from '../../ui/snippet.tsx';
import { Trouble } from '../../ui/trouble.tsx';
import { words } from '../../words.ts';
import type { Opened } from './opened.ts';
import { Picture } from './preview.tsx';

const MODES = ['contact', 'merge'] as const;
type Mode = (typeof MODES)[number];
type Platform = { readonly id: string; readonly title: string; readonly usualTags: Readonly<Record<string, string>> };
type Tags = Readonly<Record<string, string>>;
/** What a block is made for; a change of it makes the block that was made out of date. */
type Wanted = { readonly target: string; readonly mode: Mode; readonly tags: Tags };

const CONNECTED = 'connection:';

/** The block for an email, for any platform. */
export function Copy({ template }: { template: Opened }) {
  const found = useQuery({ queryKey: ['platforms'], queryFn: () => dataOf(api.GET('/v1/platforms')) });
  if (template.channels.production === null) return <p className="nothing">{words.copy.unpublished}</p>;
  if (found.error) return <Trouble error={found.error} again={() => void found.refetch()} />;
  return found.data ? <Order template={template} platforms={found.data.data} /> : null;
}

function Order({
  template,
  platforms,
}: {
  template: Opened;
  platforms: readonly (Platform & { cannot: readonly string[] })[];
}) {
  const [wanted, setWanted] = useState<Wanted>({ target: 'mailchimp', mode: 'contact', tags: {} });
  const connections = useQuery({ queryKey: ['connections'], queryFn: () => dataOf(api.GET('/v1/connections')) });
  const making = useMutation({
    mutationFn: (order: Wanted) => makeLink(template, order, platformOf(order, platforms)),
  });
  const connected = connections.data?.data ?? [];
  const targets = [
    ...connected.map(({ id, name }) => ({ id: CONNECTED + id, title: words.copy.connected(name) })),
    ...platforms,
  ];
  const change = (part: Partial<Wanted>): void => {
    making.reset();
    setWanted({ ...wanted, ...part });
  };
  const platform = platformOf(wanted, platforms);
  const mayMerge = template.document.links?.allowMerge === true && !wanted.target.startsWith(CONNECTED);
  return (
    <div className="try">
      <section className="data" aria-label={words.template.tabs.copy}>
        <p className="about">{words.copy.lead}</p>
        <Choose
          label={words.copy.platform}
          options={targets}
          value={wanted.target}
          onChange={(target) => change({ target, mode: 'contact', tags: {} })}
        />
        {mayMerge && (
          <RadioGroup className="field" value={wanted.mode} onChange={(mode) => change({ mode: mode as Mode })}>
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
        {wanted.mode === 'merge' &&
          Object.entries(template.fields).map(([name, field]) => (
            <TextField
              key={name}
              className="field"
              value={wanted.tags[name] ?? platform?.usualTags[name] ?? ''}
              onChange={(tag) => change({ tags: { ...wanted.tags, [name]: tag } })}
            >
              <Label>{words.copy.tagOf(field.label ?? name)}</Label>
              <Input autoComplete="off" spellCheck={false} />
              <Text slot="description">{words.copy.tagHelp}</Text>
            </TextField>
          ))}
        <Button className="primary wide" isDisabled={making.isPending} onPress={() => making.mutate(wanted)}>
          {making.isPending ? words.copy.making : words.copy.make}
        </Button>
        {making.error && <Trouble error={making.error} />}
      </section>
      <section className="result made" aria-label={words.copy.made} aria-live="polite">
        {making.data ? (
          <>
            <Snippet title={words.copy.email[0]} about={words.copy.email[1]} text={making.data.block} />
            <Snippet title={words.copy.url[0]} about={words.copy.url[1]} text={making.data.url} />
            <Snippet title={words.copy.web[0]} about={words.copy.web[1]} text={making.data.web} />
            <Sentences title={words.copy.notes} of={making.data.notes} />
          </>
        ) : (
          <>
            <h2>{words.copy.recipient}</h2>
            <Picture template={template} data={samplesOf(template.fields)} isCompact />
            <Sentences title={words.copy.cannot} of={platform?.cannot ?? []} />
          </>
        )}
      </section>
    </div>
  );
}

function Sentences({ title, of }: { title: string; of: readonly string[] }) {
  if (of.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul className="sentences">
        {of.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  );
}

const platformOf = <Of extends Platform>({ target }: Wanted, platforms: readonly Of[]): Of | undefined =>
  platforms.find(({ id }) => id === target);

function makeLink({ name, fields }: Opened, { target, mode, tags }: Wanted, platform: Platform | undefined) {
  const mapped = Object.keys(fields).flatMap((field) => {
    const tag = (tags[field] ?? platform?.usualTags[field] ?? '').trim();
    return tag === '' ? [] : [[field, { from: 'open', tag }] as const];
  });
  return dataOf(
    api.POST('/v1/links', {
      body: {
        template: name,
        mode,
        ...(target.startsWith(CONNECTED)
          ? { connection: target.slice(CONNECTED.length) }
          : { platform: target as 'mailchimp' }),
        ...(mode === 'merge' && { fields: Object.fromEntries(mapped) }),
      },
    }),
  );
}
