import { useEffect, useState } from 'react';
import type { Data } from '../fields/field.ts';
import type { Live, Verdict } from './open.ts';

// So that what is typed meanwhile is painted at once.
const TURN_MS = 8;

const pause = () => new Promise((resolve) => setTimeout(resolve));

/** How each of many sets of data for the same fields would fit, in their order, as far as they have been looked at. */
export function useVerdicts(
  live: Live | null | undefined,
  sets: readonly Data[],
  names: readonly string[],
): readonly Verdict[] {
  const [found, setFound] = useState<{ of: readonly Data[]; verdicts: readonly Verdict[] }>({ of: [], verdicts: [] });
  useEffect(() => {
    let isWanted = live !== null && live !== undefined;
    const judge = async (): Promise<void> => {
      const verdicts: Verdict[] = [];
      let began = performance.now();
      for (const data of sets) {
        if (!isWanted || !live) return;
        verdicts.push(await live.judge(data, names));
        if (performance.now() - began < TURN_MS) continue;
        setFound({ of: sets, verdicts: [...verdicts] });
        await pause();
        began = performance.now();
      }
      if (isWanted) setFound({ of: sets, verdicts });
    };
    // Without a font nothing can be said; the picture itself says why.
    judge().catch(() => undefined);
    return () => {
      isWanted = false;
    };
  }, [live, sets, names]);
  return found.of === sets ? found.verdicts : [];
}
