import type { Program } from './local.mjs';

/** nginx with nginx.conf on a port of this machine, in front of those that serve; what it caches stays in the folder. */
export function createNginx(
  folder: string,
  port: number,
  serving: readonly { readonly url: string }[],
  log: string,
): Program;
