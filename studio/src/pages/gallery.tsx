import { useInfiniteQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { Button, Input, Label, SearchField } from 'react-aria-components';
import { Link } from 'wouter';
import { api, dataOf } from '../api/client.ts';
import { Trouble } from '../ui/trouble.tsx';
import { words } from '../words.ts';
import './gallery.css';

const PAGE = 24;

/** Every template of the workspace, as a picture. */
export function Gallery() {
  const [typed, setTyped] = useState('');
  const [tag, setTag] = useState<string>();
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
  const tags = [...new Set(templates.flatMap((each) => each.tags))].sort();
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
      {(tags.length > 0 || tag !== undefined) && (
        <fieldset className="chips">
          <legend>{words.gallery.tags}</legend>
          {[undefined, ...tags].map((each) => (
            <Button key={each ?? ''} className="chip" aria-pressed={each === tag} onPress={() => setTag(each)}>
              {each ?? words.gallery.allTags}
            </Button>
          ))}
        </fieldset>
      )}
      {found.error && <Trouble error={found.error} again={() => void found.refetch()} />}
      {found.isSuccess && templates.length === 0 && (
        <p className="nothing">{search || tag ? words.gallery.none : words.gallery.empty}</p>
      )}
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

type Listed = NonNullable<Awaited<ReturnType<typeof listed>>>['data'][number];
const listed = () => dataOf(api.GET('/v1/templates', { params: { query: {} } }));
const when = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

function Card({ template }: { template: Listed }) {
  const [isBroken, setBroken] = useState(false);
  const { name, title, version, state, width, height, createdAt, createdBy, revokedAt } = template;
  return (
    <li className="tile">
      <Link href={`/templates/${name}`}>
        <span className="frame">
          {isBroken ? (
            <span className="broken">{words.gallery.noPicture}</span>
          ) : (
            <img
              src={`/v1/templates/${name}/versions/${version}/thumbnail`}
              alt=""
              loading="lazy"
              style={{ aspectRatio: `${width} / ${height}` }}
              onError={() => setBroken(true)}
            />
          )}
        </span>
        <span className="caption">
          <span className="title">{title}</span>
          <span className={`state ${revokedAt ? 'revoked' : state}`}>
            {revokedAt ? words.gallery.revoked : words.gallery.state[state]}
          </span>
        </span>
        <span className="about">
          {words.gallery.version(version)} · {words.gallery.size(width, height)} ·{' '}
          {words.gallery.changed(when.format(new Date(createdAt)), createdBy)}
        </span>
      </Link>
    </li>
  );
}
