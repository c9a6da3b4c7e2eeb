import { AppError } from '../../core/errors.ts';
import type { Client } from './client.ts';

type Step = {
  readonly id?: string | null;
  readonly type?: string;
  readonly links?: Readonly<Record<string, unknown>> | null;
  readonly data?: {
    readonly status?: string;
    readonly message?: { readonly url?: string | null; readonly id?: string | null } | null;
  } | null;
};
type Answer<Data> = { readonly data: Data };

const ADVICE = 'add one, so that its pictures are made before the email is sent';

/**
 * What is to be done about the webhook step in front of a flow's email; null when it is there. `address` is that of a link
 * of this service.
 */
export async function noteOnFlow(
  client: Client,
  message: string,
  address: string,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const action = await client.ask<Answer<{ readonly id: string }>>('flows', signal, (apis) =>
      apis.flows().getActionForFlowMessage(message),
    );
    const flow = action && (await readFlow(client, action.data.id, signal));
    if (!action || !flow) return unknown;
    const webhooks = `${address.slice(0, address.lastIndexOf('/i/'))}/v1/connections/`;
    const step = stepBefore(flow, action.data.id, webhooks);
    if (!step) return `No webhook step that calls this service comes before this email in its flow: ${ADVICE}.`;
    return step.data?.status === 'live' ? null : 'The webhook step before this email is not live yet: turn it on.';
  } catch (error) {
    // The picture is in its place whatever stands before it.
    if (error instanceof AppError && error.code === 'connection_refused') return unknown;
    throw error;
  }
}

const unknown = `The steps of the flow could not be read: if no webhook step that calls this service comes before the email, ${ADVICE}.`;

async function readFlow(client: Client, action: string, signal: AbortSignal): Promise<readonly Step[] | undefined> {
  const flow = await client.ask<Answer<{ readonly id: string }>>('flows', signal, (apis) =>
    apis.flows().getFlowForFlowAction(action),
  );
  if (!flow) return undefined;
  const whole = await client.ask<
    Answer<{ readonly attributes: { readonly definition?: { readonly actions?: readonly Step[] } | null } }>
  >('flows', signal, (apis) => apis.flows().getFlow(flow.data.id, { additionalFieldsFlow: ['definition'] }));
  return whole?.data.attributes.definition?.actions;
}

/** A step that leads to another one and posts to one of these addresses. */
function stepBefore(steps: readonly Step[], id: string, webhooks: string): Step | undefined {
  const before = new Map<string, Step[]>();
  for (const step of steps)
    for (const next of Object.values(step.links ?? {}))
      if (typeof next === 'string') before.set(next, [...(before.get(next) ?? []), step]);
  const seen = new Set<string>();
  const waiting = [id];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const step of before.get(at) ?? []) {
      if (step.type === 'send-webhook' && step.data?.message?.url?.startsWith(webhooks)) return step;
      if (!step.id || seen.has(step.id)) continue;
      seen.add(step.id);
      waiting.push(step.id);
    }
  }
  return undefined;
}
