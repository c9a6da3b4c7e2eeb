import type { Compiled } from './compile.ts';

/** A template taken apart into its pages, in order, the first of which is what pictures show; one has a page at least. */
export function pagesOf(compiled: Compiled): readonly [Compiled, ...Compiled[]] {
  const numberOf = ({ layer: { page = 1 } }: Compiled['layers'][number]): number => page;
  const onPage = (page: number): Compiled => ({
    ...compiled,
    layers: compiled.layers.filter((layer) => numberOf(layer) === page),
  });
  const count = Math.max(1, ...compiled.layers.map(numberOf));
  return [onPage(1), ...Array.from({ length: count - 1 }, (_, i) => onPage(i + 2))];
}
