import { useSearchParams } from 'wouter';

/** A text kept in the page's address, so that nothing is lost when it is loaded again or sent to somebody. */
export function useAddress(key: string): [string, (text: string) => void] {
  const [params, setParams] = useSearchParams();
  const keep = (text: string): void => {
    const next = new URLSearchParams(location.search);
    if (text === '') next.delete(key);
    else next.set(key, text);
    setParams(next, { replace: true });
  };
  return [params.get(key) ?? '', keep];
}

/** One of a few, kept in the page's address; the first one is what holds while nothing was chosen. */
export function useChoice<Id extends string>(key: string, ids: readonly Id[]): [Id, (id: Id) => void] {
  const [asked, keep] = useAddress(key);
  const [first] = ids;
  const chosen = ids.find((id) => id === asked) ?? (first as Id);
  return [chosen, (id) => keep(id === first ? '' : id)];
}
