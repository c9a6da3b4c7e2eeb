import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import type { Data } from '../../fields/field.ts';
import { Trouble } from '../../ui/trouble.tsx';
import { words } from '../../words.ts';
import type { Opened } from './opened.ts';

/** The service's own picture of some data, and what it noticed. */
const previewOf = ({ name, version }: Opened, data: Data) =>
  queryOptions({
    queryKey: ['preview', name, version, data],
    queryFn: ({ signal }) =>
      dataOf(
        api.POST('/v1/templates/{name}/versions/{version}/preview', {
          params: { path: { name, version } },
          body: { data: data as Record<string, unknown> },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

/** Asks for a picture; the one before stays until it is there. */
export const usePreview = (template: Opened, data: Data) => useQuery(previewOf(template, data));

/** A picture with its alt text, weight and all that was noticed. */
export function Picture({ template, data, isCompact = false }: { template: Opened; data: Data; isCompact?: boolean }) {
  const { data: preview, error, isFetching } = usePreview(template, data);
  const said = preview ? [...preview.faults, ...preview.warnings].map(({ message }) => message) : [];
  const notes = [...new Set(said)];
  return (
    <figure className={isCompact ? 'preview compact' : 'preview'} aria-busy={isFetching}>
      <div className="frame" style={{ aspectRatio: `${template.width} / ${template.height}` }}>
        {preview && <img src={preview.picture} alt={preview.alt} width={preview.width} height={preview.height} />}
        {isFetching && <span className="working">{words.template.drawing}</span>}
      </div>
      <figcaption>
        {error && <Trouble error={error} />}
        {preview && (
          <>
            <p className="facts">
              <span>{words.weight(preview.bytes)}</span>
              {!isCompact && <span>{words.gallery.size(preview.width, preview.height)}</span>}
            </p>
            {!isCompact && (
              <dl>
                <dt>{words.template.alt}</dt>
                <dd>{preview.alt}</dd>
              </dl>
            )}
            <ul className={notes.length > 0 ? 'notes' : 'notes fine'} aria-label={words.template.notes}>
              {notes.length === 0 && <li>{words.template.noNotes}</li>}
              {notes.map((note) => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          </>
        )}
      </figcaption>
    </figure>
  );
}
