import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import type { Data } from '../../fields/field.ts';
import { Trouble } from '../../ui/trouble.tsx';
import { words } from '../../words.ts';
import { Caption } from './caption.tsx';
import { frameOf, type Opened } from './opened.ts';

/** At another scale than the template's own, or as it looks while no source answers. */
type How = { readonly scale?: number; readonly late?: boolean };

/** The service's own picture of some data, and what it noticed. */
export const previewOf = ({ name, version, variant }: Opened, data: Data, how: How = {}) =>
  queryOptions({
    queryKey: ['preview', name, version, variant, data, how],
    queryFn: ({ signal }) =>
      dataOf(
        api.POST('/v1/templates/{name}/versions/{version}/preview', {
          params: { path: { name, version } },
          body: { data: data as Record<string, unknown>, ...(variant !== undefined && { variant }), ...how },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

/** Asks for a picture; the one before stays until it is there. */
export const usePreview = (template: Opened, data: Data, how?: How) => useQuery(previewOf(template, data, how));

/** A picture with its alt text, weight and all that was noticed. */
export function Picture({
  template,
  data,
  title,
  isCompact = false,
}: {
  template: Opened;
  data: Data;
  title?: string;
  isCompact?: boolean;
}) {
  const { data: preview, error, isFetching } = usePreview(template, data);
  const notes = preview && [...new Set([...preview.faults, ...preview.warnings].map(({ message }) => message))];
  return (
    <figure className={isCompact ? 'preview compact' : 'preview'} aria-busy={isFetching}>
      {title !== undefined && <h2>{title}</h2>}
      <div className="frame" style={frameOf(template)}>
        {preview && <img src={preview.picture} alt={preview.alt} width={preview.width} height={preview.height} />}
        {isFetching && <span className="working">{words.template.drawing}</span>}
      </div>
      <figcaption>
        {error && <Trouble error={error} />}
        {preview && (
          <Caption bytes={preview.bytes} {...(!isCompact && { size: preview, alt: preview.alt })} notes={notes} />
        )}
      </figcaption>
    </figure>
  );
}
