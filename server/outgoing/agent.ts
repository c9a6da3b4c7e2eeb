import { type LookupAddress, lookup } from 'node:dns';
import { isIP } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { AppError } from '../../core/errors.ts';
import type { AddressGuard } from './addresses.ts';

const refused = () =>
  new AppError('address_refused', 'The address leads to a network or a port that may not be reached from here.');

const CONNECT_MS = 3000;

/**
 * Connections that ask the guard about the address they really go to: literal addresses, every answer of the name
 * lookup, and once more the peer of the open socket, so that a name cannot be pointed elsewhere in between.
 */
export function createGuardedAgent(permits: AddressGuard): Agent {
  return new Agent({
    connect(options, callback) {
      const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
      const literal = options.hostname.replace(/^\[|\]$/g, '');
      if (isIP(literal) && !permits(literal, port)) return callback(refused(), null);
      const connect = buildConnector({
        timeout: CONNECT_MS,
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
