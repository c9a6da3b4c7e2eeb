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
