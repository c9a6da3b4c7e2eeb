import { createSigningKey } from '../../core/node/keys.ts';
import type { KnownContact } from '../../server/contacts/contact.ts';
import { createImageEndpoint, type ImageEndpoint } from '../../server/image/endpoint.ts';
import type { Pictures } from '../../server/image/pictures.ts';
import { createBudget } from '../../server/links/budget.ts';
import type { Link } from '../../server/links/link.ts';
import { createSends } from '../../server/links/sends.ts';
import { createLog } from '../../server/observe/log.ts';
import type { Sealed } from '../../server/sealed/sealed.ts';
import { createCopies } from '../../server/stores/copies.ts';
import { firstSettings } from '../../server/workspaces/settings.ts';

/** An endpoint that knows no link, no contact and no template: what it answers comes from the address alone. */
export function createEndpointFor({ pictures }: { pictures: Pictures }): ImageEndpoint {
  const log = createLog('silent');
  return createImageEndpoint({
    pictures,
    log,
    observed: { served: () => undefined, refused: () => undefined },
    budget: createBudget(() => 0),
    sends: createSends(),
    changes: { count: () => 0 },
    links: createCopies<Link>(10, async () => undefined),
    sealed: createCopies<Sealed>(10, async () => undefined),
    contacts: createCopies<KnownContact>(10, async () => undefined),
    library: { get: async () => undefined, expireLive: () => undefined },
    sources: { resolve: async () => ({ source: {}, isFresh: true }) },
    settings: { get: async () => firstSettings },
    signingKeys: [createSigningKey('k1', 'a-secret-that-is-long-enough-for-tests')],
  });
}
