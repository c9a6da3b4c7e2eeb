import { showMoment } from '../../ui/section.tsx';
import { words } from '../../words.ts';
import type { Warmup } from './queries.ts';

/** What a warm-up is called: by its send, or by when it was ordered. */
export const titleOf = ({ sendAt, createdAt }: Pick<Warmup, 'sendAt' | 'createdAt'>): string =>
  sendAt ? words.status.sendAt(showMoment(sendAt)) : words.status.warmedAt(showMoment(createdAt));
