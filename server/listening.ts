import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '../core/errors.ts';
import type { Config } from './config.ts';

const FINISH_MS = 15_000;
const SWEEP_MS = 50;

/** Listens and gives the port in use. Throws `start_failed` with what to do about an address that cannot be had. */
export async function listen(server: Server, { port, host }: Pick<Config, 'port' | 'host'>): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: `Port ${port} is in use: stop what uses it, or set MERGEPIX_PORT to another one.`,
        EACCES: `Port ${port} needs more rights: set MERGEPIX_PORT to one above 1023.`,
        EADDRNOTAVAIL: `This machine has no address ${host}: check MERGEPIX_HOST.`,
      };
      const message =
        reasons[cause.code ?? ''] ??
        `The service cannot listen on port ${port}: check MERGEPIX_PORT and MERGEPIX_HOST.`;
      reject(new AppError('start_failed', message, { cause }));
    });
    server.listen({ port, ...(host !== undefined && { host }) }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Lets requests under way finish, then ends what is still connected. */
export async function stopListening(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection becomes idle when its last answer is out; waiting for its client to hang up would take seconds.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const timer = setTimeout(() => server.closeAllConnections(), FINISH_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(timer);
}
