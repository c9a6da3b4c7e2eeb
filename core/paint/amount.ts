import { z } from 'zod';
import { expression, isExpression } from '../template/parts.ts';
import type { Warning } from '../template/value.ts';

/** A number, or an expression that gives one, such as {{ points }}. */
export const amount = z.union([
  z.number(),
  expression.min(1).refine(isExpression, 'expected a number, or an expression such as {{ points }}'),
]);

/** A part of a whole, 0..1, and what to say where the data gave no number. */
export type Share = { readonly share: number; readonly warnings: Warning[] };

type Counted = { readonly id: string; readonly value: string | number; readonly max: string | number };

/** How much of `max` a value is. Blank is nothing, and so is what is no number, which is told. */
export function shareOf({ id, value, max }: Counted): Share {
  const [part, whole] = [numberOf(value), numberOf(max)];
  const message = `${id}: its value or max is not a number; nothing is shown of it`;
  const warnings: Warning[] = [part, whole].some(Number.isNaN) ? [{ code: 'invalid', layer: id, message }] : [];
  const share = part / whole;
  return { share: Number.isFinite(share) && whole > 0 ? Math.max(0, Math.min(1, share)) : 0, warnings };
}

/** NaN for what is no number. */
function numberOf(value: string | number): number {
  const number = Number(value);
  return Number.isFinite(number) ? number : Number.NaN;
}
