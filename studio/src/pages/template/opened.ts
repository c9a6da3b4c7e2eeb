import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import type { Field } from '../../fields/field.ts';
import { words } from '../../words.ts';

/** A template that was opened: its newest version, in its own size or that of a variant. */
export type Opened = {
  readonly name: string;
  readonly version: number;
  readonly variant: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly fields: Readonly<Record<string, Field>>;
  /** What production shows; null when nothing is published. */
  readonly channels: { readonly production: number | null };
  readonly document: {
    readonly links?: { readonly allowMerge?: boolean };
    readonly freshness?: { readonly mode?: 'static' | 'live' | 'hybrid' };
  };
};

/** The frame of its pictures: whole on a screen, however high they are. */
export const frameOf = ({ width, height }: Opened) => ({
  aspectRatio: `${width} / ${height}`,
  maxWidth: `${(70 * width) / height}vh`,
});

/** What a set of data is called. */
export const titleOfSet = (name: string): string =>
  words.template.setNames[name as keyof typeof words.template.setNames] ?? name;

/** The sets of data a template is looked at with. */
export function useDataSets(name: string) {
  const found = useQuery({
    queryKey: ['datasets', name],
    queryFn: () => dataOf(api.GET('/v1/templates/{name}/datasets', { params: { path: { name } } })),
  });
  return found.data?.data ?? [];
}
