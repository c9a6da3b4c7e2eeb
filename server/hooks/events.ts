/** What hooks can be told of. */
export const hookEvents = [
  'render.finished',
  'batch.finished',
  'warmup.finished',
  'warmup.attention',
  'template.published',
  'link.attention',
] as const;

/** One of `hookEvents`, or the trial of a hook. */
export type HookEvent = (typeof hookEvents)[number] | 'hook.test';

/** What a hook may keep to, and the events that tell it in their data. */
export const eventsAbout = {
  template: ['render.finished', 'batch.finished', 'template.published', 'link.attention'],
  connection: ['warmup.finished', 'warmup.attention'],
} as const satisfies Record<string, readonly (typeof hookEvents)[number][]>;

/** What an event has to be about, all of it: the name of a template, the id of a connection. */
export type EventChoice = { readonly [Kind in keyof typeof eventsAbout]?: string | undefined };

/** Whether somebody who asked for these events, about this, wants one; the trial is for everybody. */
export const isWanted = (
  { events, only }: { readonly events: readonly string[]; readonly only: EventChoice },
  type: HookEvent,
  data: object,
): boolean =>
  type === 'hook.test' ||
  (events.includes(type) &&
    Object.entries(only).every(([kind, wanted]) => (data as Record<string, unknown>)[kind] === wanted));
