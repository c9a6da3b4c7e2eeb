import { type Dispatch, type SetStateAction, useEffect, useState } from 'react';

/**
 * State that is kept in this tab until it is closed, as JSON, so that nothing is lost when the page is loaded again. What
 * is too large for the browser to keep stays on the page.
 */
export function useKept<Value>(key: string, first: () => Value): [Value, Dispatch<SetStateAction<Value>>] {
  const [value, setValue] = useState<Value>(() => {
    const kept = sessionStorage.getItem(key);
    return kept === null ? first() : (JSON.parse(kept) as Value);
  });
  useEffect(() => {
    try {
      sessionStorage.setItem(key, JSON.stringify(value));
    } catch {
      sessionStorage.removeItem(key);
    }
  }, [key, value]);
  return [value, setValue];
}
