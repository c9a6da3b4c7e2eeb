import { AppError } from '../../core/errors.ts';
import type { Outgoing } from '../outgoing/client.ts';

/** How a delivery was taken: its HTTP status when there was one; without `error` it was taken well. */
export type Reply = { readonly status: number | null; readonly error: string | null };

const ANSWER_MS = 10_000;

/** Posts a body of JSON; what the other side says besides its status is not read. Never rejects. */
export async function post(
  outgoing: Outgoing,
  order: { url: string; headers: Readonly<Record<string, string>>; body: string; httpsOnly: boolean },
): Promise<Reply> {
  try {
    const { status } = await outgoing.request({
      ...order,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'Mergepix-Hooks', ...order.headers },
      maxBytes: 0,
      timeoutMs: ANSWER_MS,
    });
    const isTaken = status >= 200 && status < 300;
    return { status, error: isTaken ? null : 'status' };
  } catch (error) {
    return { status: null, error: error instanceof AppError ? error.code : 'internal_error' };
  }
}
