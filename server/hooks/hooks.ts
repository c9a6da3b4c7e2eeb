import type { Encryption } from '../access/encryption.ts';
import type { Again, Queue } from '../jobs/queue.ts';
import type { Log } from '../observe/log.ts';
import type { Outgoing } from '../outgoing/client.ts';
import {
  addDelivery,
  addHookEvent,
  changeDelivery,
  type DeliveryRecord,
  disableHook,
  findDelivery,
  findHook,
  findHookEvent,
  listHooks,
} from '../stores/records/hooks.ts';
import type { Records } from '../stores/records/index.ts';
import { timeId } from '../stores/records/time-id.ts';
import { type HookEvent, isWanted } from './events.ts';
import { callbackSecrets, choiceOf, openHook } from './hook.ts';
import { post, type Reply } from './post.ts';
import { signBody } from './sign.ts';

/** `callback`: an address that came with one request, told besides the hooks. `only`: no hook but this one, none for null. */
export type EmitOptions = {
  readonly callback?: string | undefined;
  readonly only?: string | null;
  /** A transaction: what happened and the word of it are kept together or not at all. */
  readonly db?: Records;
};

/** Tells other services what happened. */
export type Hooks = {
  /**
   * Keeps an event for every hook of the workspace that asked for its type and has it delivered soon, for up to three
   * days. `data` must be plain JSON.
   */
  emit(workspace: string, type: HookEvent, data: object, options?: EmitOptions): Promise<void>;
  /** Makes the next attempt of a delivery; for the queue. */
  deliver(workspace: string, delivery: string): Promise<Again | undefined>;
  /** Delivers once more from the start; false when there is no such delivery. */
  resend(workspace: string, delivery: string): Promise<boolean>;
};

/** What hooks are made of. */
export type HooksParts = {
  readonly records: Records;
  readonly encryption: Encryption;
  readonly jobs: Queue;
  readonly outgoing: Outgoing;
  readonly log: Log;
  /** In production only https is spoken. */
  readonly production: boolean;
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** How long to wait after each attempt that failed: 71 hours in all. */
const pauses = [
  ...[10 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE],
  ...[HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR],
];
// One address that hangs must leave room for the others.
const MAX_PER_ADDRESS = 2;
const TURN_MS = 2 * SECOND;
const GONE = 410;

const eventContext = (workspace: string, id: string) => `hook-event:${workspace}:${id}`;
const deliveryContext = (workspace: string, id: string) => `hook-delivery:${workspace}:${id}`;

/** Hooks over a queue. */
export function createHooks({ records, encryption, jobs, outgoing, log, production }: HooksParts): Hooks {
  const busy = new Map<string, number>();

  async function addDeliveryTo(
    db: Records,
    workspace: string,
    event: string,
    to: { hook: string | null; url: string },
  ) {
    const now = Date.now();
    const id = timeId(now);
    await addDelivery(db, {
      ...{ id, workspace, hook: to.hook, event },
      url: encryption.seal(to.url, deliveryContext(workspace, id)),
      ...{ state: 'queued', attempts: 0, status: null, error: null, created_at: now, finished_at: null },
    });
    await jobs.add('hook.deliver', { workspace, payload: { delivery: id } }, db);
  }

  async function keepEvent(db: Records, workspace: string, type: HookEvent, data: object, options: EmitOptions) {
    const wanted = (await listHooks(db, workspace))
      .filter(({ id, disabled_at }) => disabled_at === null && (options.only === undefined || options.only === id))
      .filter((record) => isWanted(choiceOf(record), type, data))
      .map((record) => openHook(encryption, record))
      .map(({ id, url }): { hook: string | null; url: string } => ({ hook: id, url }));
    if (options.callback !== undefined) wanted.push({ hook: null, url: options.callback });
    if (wanted.length === 0) return;
    const now = Date.now();
    const id = timeId(now);
    const payload = encryption.seal(JSON.stringify(data), eventContext(workspace, id));
    await addHookEvent(db, { id, workspace, type, payload, created_at: now });
    for (const to of wanted) await addDeliveryTo(db, workspace, id, to);
  }

  /** Posts the event, signed; undefined when there is nobody to post it to any more. */
  async function attempt(delivery: DeliveryRecord): Promise<Reply | undefined> {
    const { workspace, id, hook, event } = delivery;
    const happened = await findHookEvent(records, workspace, event);
    const record = hook === null ? undefined : await findHook(records, workspace, hook);
    if (!happened || (hook !== null && (!record || record.disabled_at !== null))) return undefined;
    const secrets = record ? [openHook(encryption, record).secret] : callbackSecrets(encryption, workspace);
    const { type, created_at } = happened;
    const data = JSON.parse(encryption.open(happened.payload, eventContext(workspace, event))) as object;
    const body = JSON.stringify({ id: event, type, createdAt: new Date(created_at).toISOString(), workspace, data });
    return post(outgoing, {
      url: encryption.open(delivery.url, deliveryContext(workspace, id)),
      headers: { 'mergepix-event-id': event, 'mergepix-signature': signBody(secrets, body, Date.now()) },
      body,
      httpsOnly: production,
    });
  }

  async function deliver(workspace: string, id: string): Promise<Again | undefined> {
    const delivery = await findDelivery(records, workspace, id);
    if (delivery?.state !== 'queued') return undefined;
    const { hook } = delivery;
    const reply = await attempt(delivery);
    const now = Date.now();
    if (!reply) {
      await changeDelivery(records, id, { state: 'failed', error: 'hook_gone', finished_at: now });
      return undefined;
    }
    const { status, error } = reply;
    const attempts = delivery.attempts + 1;
    if (error === null) {
      await changeDelivery(records, id, { state: 'delivered', attempts, status, error, finished_at: now });
      return undefined;
    }
    if (status === GONE && hook !== null) {
      await disableHook(records, hook, now);
      log.warn('hook.disabled', { status });
    }
    const wait = status === GONE ? undefined : pauses[attempts - 1];
    if (wait === undefined) {
      await changeDelivery(records, id, { state: 'failed', attempts, status, error, finished_at: now });
      return undefined;
    }
    await changeDelivery(records, id, { attempts, status, error });
    return { againIn: wait * (0.75 + Math.random() / 2) };
  }

  return {
    async emit(workspace, type, data, options = {}) {
      const keep = (db: Records) => keepEvent(db, workspace, type, data, options);
      await (options.db ? keep(options.db) : records.transaction().execute(keep));
    },
    async deliver(workspace, id) {
      const { hook } = (await findDelivery(records, workspace, id)) ?? { hook: null };
      // Callbacks of one workspace share their turns: they mostly go to one place.
      const place = hook ?? workspace;
      const taken = busy.get(place) ?? 0;
      if (taken >= MAX_PER_ADDRESS) return { againIn: TURN_MS };
      busy.set(place, taken + 1);
      try {
        return await deliver(workspace, id);
      } finally {
        const left = (busy.get(place) ?? 1) - 1;
        if (left === 0) busy.delete(place);
        else busy.set(place, left);
      }
    },
    async resend(workspace, id) {
      const delivery = await findDelivery(records, workspace, id);
      if (!delivery) return false;
      await records.transaction().execute(async (db) => {
        await changeDelivery(db, id, { state: 'queued', attempts: 0, finished_at: null });
        await jobs.add('hook.deliver', { workspace, payload: { delivery: id } }, db);
      });
      return true;
    },
  };
}
