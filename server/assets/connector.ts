import { type LookupAddress, lookup } from 'node:dns';
import { isIP } from 'node:net';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { AppError } from '../../core/errors.ts';
import type { AddressGuard } from './addresses.ts';

const refused = () => new AppError('asset_refused', 'The address is not one that pictures may be fetched from.');

/** One GET of one address, without following anything; the signal ends it at any point. */
export type GuardedClient = {
  get(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
};

/**
 * A client that asks the guard about the address a connection really goes to: literal addresses, every answer of the
 * name lookup, and once more the peer of the open socket, so that a name cannot be pointed elsewhere in between.
 */
export function createGuardedClient(permits: AddressGuard, timeoutMs: number): GuardedClient {
  const agent = createGuardedAgent(permits, timeoutMs);
  return {
    get: (url, headers, signal) => request(url, { dispatcher: agent, method: 'GET', headers, signal }),
    close: () => agent.destroy(),
  };
}

function createGuardedAgent(permits: AddressGuard, timeoutMs: number): Agent {
  return new Agent({
    connect(options, callback) {
      const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
      const literal = options.hostname.replace(/^\[|\]$/g, '');
      if (isIP(literal) && !permits(literal, port)) return callback(refused(), null);
      const connect = buildConnector({
        timeout: timeoutMs,
        lookup: (hostname, lookupOptions, done) => {
          lookup(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
            if (error) return done(error, '', 0);
            const permitted = addresses.filter(({ address }) => permits(address, port));
            const [first] = permitted;
            if (!first) return done(refused(), '', 0);
            if (lookupOptions.all) (done as (error: null, found: LookupAddress[]) => void)(null, permitted);
            else done(null, first.address, first.family);
          });
        },
      });
      connect(options, (...result) => {
        const [, socket] = result;
        if (socket && !permits(socket.remoteAddress ?? '', port)) {
          socket.destroy();
          return callback(refused(), null);
        }
        return callback(...result);
      });
    },
  });
}
