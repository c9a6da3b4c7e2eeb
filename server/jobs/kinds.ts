import type { PlatformEvent } from '../../integrations/connector.ts';

/** Every kind of job with what it is given: ids, or what only this job knows. A new one is a line here and in index.ts. */
export type JobPayloads = {
  'batch.run': { readonly batch: string };
  'connection.receive': { readonly connection: string; readonly event: PlatformEvent };
  'connection.sync': { readonly connection: string; readonly sync: string };
  'connection.write': { readonly connection: string };
  'hook.deliver': { readonly delivery: string };
  'render.make': { readonly render: string };
  'sends.look': { readonly connection: string };
  'warmup.check': { readonly warmup: string };
  'warmup.list': { readonly warmup: string };
  'warmup.make': { readonly warmup: string; readonly chunk: number };
  'warmup.report': { readonly warmup: string };
  'warmup.resolve': { readonly warmup: string; readonly chunk: number };
  'warmup.tell': { readonly warmup: string; readonly callback: string };
};

/** The name of a kind of job. */
export type JobKind = keyof JobPayloads;

/** The steps of a warm-up. */
export const warmKinds = [
  'warmup.list',
  'warmup.resolve',
  'warmup.check',
  'warmup.make',
  'warmup.report',
] as const satisfies readonly JobKind[];
