import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from 'react-aria-components';
import { api, dataOf } from '../../api/client.ts';
import type { Contact } from '../../api/contacts.ts';
import { ContactSearch } from '../../fields/contact-search.tsx';
import type { Data } from '../../fields/field.ts';
import { useSession } from '../../session.tsx';
import { Trouble } from '../../ui/trouble.tsx';
import { words } from '../../words.ts';
import { Caption } from './caption.tsx';
import { frameOf, type Opened } from './opened.ts';
import { type MadeLink, sourceOf, type Target, type Wanted } from './order.ts';
import { useTrial } from './use-trial.ts';

const said = words.copy.received;
const SEND = 'studio';
// What a moment's load brings about is looked at again.
const PASSING = /; (?:overloaded|render_timeout|unavailable)\b/;
const AGAIN_MS = 3000;

type Order = {
  readonly template: Opened;
  readonly wanted: Wanted;
  readonly target: Target;
  readonly made: MadeLink;
};

/** What a recipient of the block gets: its tags filled in as the platform does, and the picture of that very address. */
export function Received(order: Order) {
  const { template, wanted, target } = order;
  const { given } = useTrial(template);
  const { state } = useSession();
  const [contact, setContact] = useState<Contact>();
  const froms = Object.keys(template.fields).map((name) => sourceOf(name, wanted, target).from);
  const trying = useMutation({
    mutationFn: () => {
      // One for each person who tries: the same key changes the same contact.
      const key = `studio:${state.kind === 'in' ? state.session.actor : ''}`;
      return dataOf(api.POST('/v1/contacts', { body: { key, fields: given as Record<string, never> } }));
    },
    onSuccess: setContact,
  });
  const sent = useReceived(order, contact, given);
  return (
    <section className="received" aria-label={said.title}>
      <h2>{said.title}</h2>
      {froms.includes('contact') && (
        <div className="data">
          <ContactSearch keptAs={`copy ${template.name}`} fields={template.fields} onFound={setContact} />
          <div className="actions">
            <Button className="secondary" isDisabled={trying.isPending} onPress={() => trying.mutate()}>
              {said.useTry}
            </Button>
            {contact && (
              <Button className="secondary" onPress={() => setContact(undefined)}>
                {said.nobody}
              </Button>
            )}
          </div>
          <p className="about">{said.useTryHelp}</p>
          {trying.error && <Trouble error={trying.error} />}
        </div>
      )}
      {froms.includes('open') && <p className="about">{said.open}</p>}
      {sent.error && <Trouble error={sent.error} again={() => void sent.refetch()} />}
      {sent.data && (
        <figure className="preview" aria-busy={sent.isFetching}>
          <div className="frame" style={frameOf(template)}>
            <img src={sent.data.picture} alt={sent.data.alt} width={template.width} height={template.height} />
          </div>
          <figcaption>
            <Caption bytes={sent.data.bytes} outcome={said.outcome(sent.data.outcome)} alt={sent.data.alt} />
            <details>
              <summary>{said.address}</summary>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
              <pre tabIndex={0}>{sent.data.address}</pre>
            </details>
          </figcaption>
        </figure>
      )}
    </section>
  );
}

function useReceived({ template, wanted, target, made }: Order, contact: Contact | undefined, given: Data) {
  const values = Object.fromEntries(
    Object.keys(template.fields).map((name) => {
      const known = sourceOf(name, wanted, target).from === 'contact' ? contact?.fields : given;
      return [name, textOf(known?.[name])];
    }),
  );
  const recipient = { reference: contact?.reference ?? '', send: SEND, values };
  return useQuery({
    queryKey: ['received', made.id, recipient],
    async queryFn({ signal }) {
      const { dialects, fillAddress, fillAltText } = await import('../../../../core/browser.ts');
      const open = Object.keys(template.fields).flatMap((name) => {
        const source = sourceOf(name, wanted, target);
        const tag = source.from === 'open' ? source.tag : target.tags[name];
        return source.from === 'fixed' || tag === undefined || tag === '' ? [] : [[name, tag]];
      });
      const tags = {
        dialect: dialects[target.platform as keyof typeof dialects],
        referenceField: target.referenceField,
        fields: Object.fromEntries(open) as Record<string, string>,
      };
      const address = fillAddress(made.url, tags, recipient);
      const image = new DOMParser().parseFromString(made.html, 'text/html').querySelector('img');
      // The pages are served beside the pictures, whatever the public address is.
      const response = await fetch(address.slice(address.indexOf('/i/')), { signal, cache: 'reload' });
      const blob = await response.blob();
      return {
        address,
        alt: fillAltText(image?.alt ?? '', tags, recipient),
        picture: await asDataUrl(blob),
        bytes: blob.size,
        outcome: response.headers.get('x-mergepix-outcome') ?? '',
      };
    },
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (PASSING.test(state.data?.outcome ?? '') ? AGAIN_MS : false),
  });
}

const textOf = (value: unknown): string =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';

const asDataUrl = (blob: Blob): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
