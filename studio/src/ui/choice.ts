import { useSearchParams } from 'wouter';

/**
 * One of a few, kept in the page's address so that nothing is lost when it is loaded again or sent to somebody; the first
 * one is what holds while nothing was chosen.
 */
export function useChoice<Id extends string>(key: string, ids: readonly Id[]): [Id, (id: Id) => void] {
  const [params, setParams] = useSearchParams();
  const asked = params.get(key);
  const [first] = ids;
  const chosen = ids.find((id) => id === asked) ?? (first as Id);
  const choose = (id: Id): void => {
    const next = new URLSearchParams(location.search);
    if (id === first) next.delete(key);
    else next.set(key, id);
    setParams(next, { replace: true });
  };
  return [chosen, choose];
}
