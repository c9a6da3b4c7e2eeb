import { AppError } from '../../core/errors.ts';

/** Whether the cache at a URL is for the process that opens it alone. */
export const isOwnCache = (url: string): boolean => url.startsWith('memory:');

/** Picks from a table of stores the one a `scheme:rest` URL names. Throws `config_invalid` for a scheme not in it. */
export function splitStoreUrl<Open>(url: string, stores: Readonly<Record<string, Open>>): { open: Open; rest: string } {
  const colon = url.indexOf(':');
  const scheme = url.slice(0, Math.max(0, colon));
  const open = Object.hasOwn(stores, scheme) ? stores[scheme] : undefined;
  if (open === undefined) {
    const schemes = Object.keys(stores).map((name) => `${name}:`);
    throw new AppError('config_invalid', `No store is named ${scheme || 'nothing'}: use one of ${schemes.join(' ')}.`);
  }
  return { open, rest: url.slice(colon + 1) };
}
