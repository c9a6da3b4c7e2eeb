import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Copy, ImagePlus, Ruler, Sparkles, X } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { Button, Input, Label, SearchField } from 'react-aria-components';
import { Link } from 'wouter';
import { api, dataOf } from '../api/client.ts';
import { useAddress } from '../ui/choice.ts';
import { Trouble } from '../ui/trouble.tsx';
import { words } from '../words.ts';
import './gallery.css';

const PAGE = 24;

/** Every template of the workspace, as a picture. */
export function Gallery() {
  const [typed, setTyped] = useAddress('search');
  const [tag, setTag] = useAddress('tag');
  // Names are of small letters, digits and dashes.
  const search = useDeferredValue(
    typed
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, '-')
      .replaceAll(/^-+|-+$/g, ''),
  );
  const found = useInfiniteQuery({
    queryKey: ['templates', search, tag],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/v1/templates', {
          params: {
            query: {
              limit: PAGE,
              ...(pageParam && { after: pageParam }),
              ...(search && { search }),
              ...(tag && { tag }),
            },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    placeholderData: (before) => before,
  });
  const templates = found.data?.pages.flatMap(({ data }) => data) ?? [];
  const tags = useTags();
  return (
    <div className="page">
      <title>{`${words.gallery.title} · ${words.product}`}</title>
      <div className="head">
        <div>
          <h1>{words.gallery.title}</h1>
          <p className="lead">{words.gallery.lead}</p>
        </div>
        <SearchField className="field search" value={typed} onChange={setTyped}>
          <Label>{words.gallery.search}</Label>
          <Input />
        </SearchField>
      </div>
      <Welcome />
      {(tags.length > 0 || tag !== '') && (
        <fieldset className="chips">
          <legend>{words.gallery.tags}</legend>
          {['', ...tags].map((each) => (
            <Button key={each} className="chip" aria-pressed={each === tag} onPress={() => setTag(each)}>
              {each || words.gallery.allTags}
            </Button>
          ))}
        </fieldset>
      )}
      {found.error && <Trouble error={found.error} again={() => void found.refetch()} />}
      {found.isSuccess &&
        templates.length === 0 &&
        (search || tag ? <p className="nothing">{words.gallery.none}</p> : <Empty />)}
      <ul className="gallery">
        {templates.map((template) => (
          <Card key={template.name} template={template} />
        ))}
      </ul>
      {found.hasNextPage && (
        <Button className="secondary" onPress={() => void found.fetchNextPage()}>
          {words.gallery.more}
        </Button>
      )}
    </div>
  );
}

/** Every tag there is: a list that is narrowed down by one would hide the others. */
function useTags(): string[] {
  const found = useQuery({
    queryKey: ['tags'],
    queryFn: () => dataOf(api.GET('/v1/templates', { params: { query: { limit: 100 } } })),
  });
  return [...new Set(found.data?.data.flatMap((each) => each.tags))].sort();
}

const SEEN = 'mergepix-welcomed';
const icons = [Sparkles, Ruler, Copy];

/** For who was sent here and knows nothing yet: what can be done, until it is put away. */
function Welcome() {
  const [isSeen, setSeen] = useState(() => localStorage.getItem(SEEN) !== null);
  if (isSeen) return null;
  const close = (): void => {
    localStorage.setItem(SEEN, 'yes');
    setSeen(true);
  };
  return (
    <section className="welcome" aria-label={words.gallery.welcome.title}>
      <h2>{words.gallery.welcome.title}</h2>
      <ol>
        {words.gallery.welcome.steps.map(([title, about], i) => {
          const Icon = icons[i] ?? Sparkles;
          return (
            <li key={title}>
              <Icon aria-hidden size={20} />
              <p>
                <strong>{title}</strong> {about}
              </p>
            </li>
          );
        })}
      </ol>
      <Button className="quiet" aria-label={words.gallery.welcome.close} onPress={close}>
        <X aria-hidden size={18} />
      </Button>
    </section>
  );
}

function Empty() {
  const { title, lead, command } = words.gallery.empty;
  return (
    <div className="nothing">
      <ImagePlus aria-hidden size={32} />
      <h2>{title}</h2>
      <p>{lead}</p>
      <code>{command}</code>
    </div>
  );
}

type Listed = NonNullable<Awaited<ReturnType<typeof listed>>>['data'][number];
const listed = () => dataOf(api.GET('/v1/templates', { params: { query: {} } }));
const when = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

function Card({ template }: { template: Listed }) {
  const [isBroken, setBroken] = useState(false);
  const { name, title, version, state, width, height, variants, createdAt, createdBy, revokedAt } = template;
  const picture = `/v1/templates/${name}/versions/${version}/thumbnail`;
  return (
    <li className="tile">
      <Link href={`/templates/${name}`}>
        <span className="frame">
          {isBroken ? (
            <span className="broken">{words.gallery.noPicture}</span>
          ) : (
            <img
              src={picture}
              alt=""
              loading="lazy"
              style={{ aspectRatio: `${width} / ${height}` }}
              onError={() => setBroken(true)}
            />
          )}
        </span>
        {variants.length > 0 && !isBroken && (
          <span className="sizes">
            {variants.map((variant) => (
              <img
                key={variant.name}
                src={`${picture}?variant=${variant.name}`}
                alt={`${variant.title ?? variant.name}, ${words.gallery.size(variant.width, variant.height)}`}
                loading="lazy"
                style={{ aspectRatio: `${variant.width} / ${variant.height}` }}
              />
            ))}
          </span>
        )}
        <span className="caption">
          <span className="title">{title}</span>
          <span className={`state ${revokedAt ? 'revoked' : state}`}>
            {revokedAt ? words.gallery.revoked : words.gallery.state[state]}
          </span>
        </span>
        <span className="about">
          {words.gallery.version(version)} · {words.gallery.size(width, height)}
        </span>
        <span className="about">{words.gallery.changed(when.format(new Date(createdAt)), createdBy)}</span>
      </Link>
    </li>
  );
}
