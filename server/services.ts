import { setImmediate as turn } from 'node:timers/promises';
import type { SigningKey } from '../core/links/token.ts';
import { createSigningKey } from '../core/node/keys.ts';
import type { RenderPool } from '../core/node/pool.ts';
import { type Access, createAccess } from './access/access.ts';
import type { Encryption } from './access/encryption.ts';
import { openKeyring } from './access/keyring.ts';
import { openSecrets, type Secrets } from './access/secrets.ts';
import { type Changes, createChanges } from './changes.ts';
import { type Config, isSecure } from './config.ts';
import { type Connectors, createConnectors } from './connections/connectors.ts';
import { type KnownContact, readKnownContact } from './contacts/contact.ts';
import { createEvents, type Events } from './events/events.ts';
import { createHooks, type Hooks } from './hooks/hooks.ts';
import { createImages, type Images } from './image/images.ts';
import { createPictures, type Pictures } from './image/pictures.ts';
import { createQuarantine } from './image/quarantine.ts';
import { createRemoteImages } from './image/remote.ts';
import { openBullQueue } from './jobs/bullmq.ts';
import { createEmbeddedQueue } from './jobs/embedded.ts';
import type { Queue } from './jobs/queue.ts';
import { type Budget, createBudget } from './links/budget.ts';
import { type Link, readLink, whichOf } from './links/link.ts';
import { createSends, type Sends } from './links/sends.ts';
import { createLog, type Log } from './observe/log.ts';
import { createObserved, type Observed } from './observe/observed.ts';
import { createOutgoing, type Outgoing } from './outgoing/client.ts';
import { startPool } from './pool.ts';
import { followPurges, onPurge } from './purge.ts';
import { openSealed, type Sealed } from './sealed/sealed.ts';
import { createSources, type Sources } from './sources/sources.ts';
import { type Blobs, openBlobs } from './stores/blobs/index.ts';
import { type Cache, openCache } from './stores/cache/index.ts';
import { type Copies, createCopies } from './stores/copies.ts';
import { findContact } from './stores/records/contacts.ts';
import { openRecords, type Records } from './stores/records/index.ts';
import { findLink, listNewestLinks } from './stores/records/links.ts';
import { findSealed } from './stores/records/sealed.ts';
import { createS3, type S3 } from './stores/s3.ts';
import { createLibrary, type Library } from './templates/library.ts';
import { createWorkspaces, settingsOf, type Workspace, type WorkspaceSettings } from './workspaces/workspace.ts';

/** Everything the app is made of, opened and ready. */
export type Services = {
  readonly config: Config;
  readonly log: Log;
  readonly observed: Observed;
  readonly records: Records;
  readonly blobs: Blobs;
  readonly outgoing: Outgoing;
  readonly s3: S3;
  readonly pool: RenderPool;
  readonly encryption: Encryption;
  /** The first signs. */
  readonly signingKeys: readonly [SigningKey, ...SigningKey[]];
  readonly adminKeyFile: Secrets['adminKeyFile'];
  readonly access: Access;
  readonly workspaces: Copies<Workspace>;
  readonly settings: WorkspaceSettings;
  readonly library: Library;
  readonly links: Copies<Link>;
  readonly sealed: Copies<Sealed>;
  /** By `workspace:id`. */
  readonly contacts: Copies<KnownContact>;
  readonly cache: Cache;
  readonly pictures: Pictures;
  /** What values name. */
  readonly images: Pick<Images, 'load' | 'quarantine'>;
  /** Live data of templates. */
  readonly sources: Sources;
  readonly budget: Budget;
  readonly sends: Sends;
  readonly changes: Changes;
  readonly jobs: Queue;
  readonly hooks: Hooks;
  readonly events: Events;
  readonly connectors: Connectors;
  /** Where recipients reach this service, without a trailing slash. */
  readonly publicUrl: string;
  close(): Promise<void>;
};

const MAX_LINKS = 10_000;
const MAX_CONTACTS = 10_000;
const MAX_SEALED = 5_000;
const PRELOADED_LINKS = 5_000;
const PRELOADED_TEMPLATES = 200;
// Not while starting, which it would hold up.
const SHOWN_AFTER_MS = 1000;

/** What may be given instead of made: where to log, and render processes that are starting already. */
export type OpenOptions = { readonly log?: Log; readonly pool?: RenderPool };

/**
 * Opens the stores, starts the render processes and waits until they can draw. Throws `start_failed` or
 * `config_invalid` with one line that says what to do; what was opened by then is closed again.
 */
export async function openServices(
  config: Config,
  { log = createLog(config.logLevel), pool = startPool(config) }: OpenOptions = {},
): Promise<Omit<Services, 'publicUrl'>> {
  const closers: (() => unknown)[] = [() => pool.close()];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const secrets = await openSecrets(config);
    const records = await openRecords(config.database, Date.now());
    closers.push(() => records.destroy());
    const cache = await openCache(config.cache, {
      maxBytes: config.cacheBytes,
      nearBytes: config.cacheMemoryBytes,
      onFault: (operation, error) => log.warn('cache.failed', { operation }, error),
    });
    closers.push(() => cache.close());
    const changes = createChanges(records, (error) => log.warn('changes.failed', {}, error));
    closers.push(changes.close);
    const s3 = createS3(config.s3);
    closers.push(s3.close);
    const blobs = await openBlobs(config.blobs, s3);
    const outgoing = createOutgoing(config);
    closers.push(() => outgoing.close());
    const { encryption, missing } = await openKeyring(records, secrets.encryption, Date.now());
    for (const kid of missing) log.warn('encryption.key_missing', { kid });
    const [first, ...older] = secrets.signing.map(({ kid, secret }) => createSigningKey(kid, secret));
    const library = createLibrary({ records, blobs });
    const links = createCopies<Link>(MAX_LINKS, async (id) => {
      const record = await findLink(records, id);
      return record && readLink(record);
    });
    const sealed = createCopies<Sealed>(MAX_SEALED, async (id) => {
      const record = await findSealed(records, id);
      return record && openSealed(encryption, record);
    });
    const contacts = createCopies<KnownContact>(MAX_CONTACTS, async (key) => {
      const [workspace = '', id = ''] = key.split(':');
      const record = await findContact(records, workspace, id);
      return record && readKnownContact(encryption, record);
    });
    closers.push(followPurges({ cache, changes }, (error) => log.warn('cache.failed', { operation: 'purge' }, error)));
    changes.on('link', links.expire);
    changes.on('sealed', sealed.expire);
    changes.on('contact', contacts.expire);
    onPurge(changes, (tag) => {
      // What was erased leaves this process, too.
      if (tag.startsWith('contact:')) contacts.forget(tag.slice('contact:'.length));
      if (tag.startsWith('sealed:')) sealed.forget(tag.slice('sealed:'.length));
    });
    changes.on('template', (subject) => library.expireLive(...splitSubject(subject)));
    const workspaces = await createWorkspaces(records);
    changes.on('workspace', workspaces.expire);
    const queueParts = { records, encryption, log };
    const jobs =
      config.queue === 'embedded'
        ? createEmbeddedQueue(queueParts)
        : await openBullQueue({ ...queueParts, url: config.queue, cache: config.cache });
    closers.push(jobs.close);
    const hooks = createHooks({ records, encryption, jobs, outgoing, log, production: config.production });
    const observed = createObserved({ log, records, hooks });
    closers.push(() => observed.close());
    const settings = settingsOf(workspaces);
    const remote = createRemoteImages({ ways: { outgoing, s3 }, cache });
    onPurge(changes, (tag) => {
      // Among the copies there may be the photo of whoever was erased.
      if (/^(?:contact|subject|sealed):|^all$/.test(tag)) remote.forget();
    });
    const images = createImages({
      records,
      blobs,
      settings,
      remote,
      quarantine: await createQuarantine({ records, changes, log }),
    });
    const access = createAccess({
      ...{ records, workspaces, changes, adminKey: secrets.adminKey, isSecure: isSecure(config) },
      origin: config.publicUrl && new URL(config.publicUrl).origin,
    });
    const events = createEvents({ records, access, changes, cache, jobs, pool, log });
    closers.push(events.close);
    const { build } = await pool.ready();
    const shown = await preload(records, links);
    const later = setTimeout(() => void loadShown(library, shown), SHOWN_AFTER_MS).unref();
    closers.push(() => clearTimeout(later));
    return {
      config,
      log,
      observed,
      records,
      blobs,
      cache,
      outgoing,
      s3,
      pool,
      encryption,
      signingKeys: [first as SigningKey, ...older],
      adminKeyFile: secrets.adminKeyFile,
      access,
      workspaces,
      settings,
      library,
      links,
      sealed,
      contacts,
      images,
      pictures: observed.metrics.timed(createPictures({ build, cache, pool, images })),
      sources: createSources({
        ...{ records, encryption, outgoing, changes, log, now: Date.now },
        httpsOnly: config.production,
      }),
      budget: createBudget(Date.now),
      sends: createSends(),
      changes,
      jobs,
      hooks,
      events,
      connectors: createConnectors({ records, encryption, config }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The workspace and the name in `<workspace>/<name>`. */
function splitSubject(subject: string): [workspace: string, name: string] {
  const slash = subject.indexOf('/');
  return [subject.slice(0, slash), subject.slice(slash + 1)];
}

/** Copies of the links from the start, and of what they show soon after: recipients should not see a later outage. */
async function preload(records: Records, links: Copies<Link>): Promise<readonly Link[]> {
  const shown = new Map<string, Link>();
  for (const record of await listNewestLinks(records, PRELOADED_LINKS)) {
    const link = readLink(record);
    links.set(link.id, link);
    shown.set(JSON.stringify([link.workspace, link.template, whichOf(link)]), link);
  }
  return [...shown.values()].slice(0, PRELOADED_TEMPLATES);
}

/** One after the other: each takes some milliseconds of this thread, and requests come between. */
async function loadShown(library: Library, shown: readonly Link[]): Promise<void> {
  for (const link of shown) {
    await library.get(link.workspace, link.template, whichOf(link)).catch(() => undefined);
    await turn();
  }
}
