import type { Services } from '../services.ts';
import { accountOperations } from './accounts.ts';
import { assetOperations } from './assets.ts';
import { auditOperations } from './audit.ts';
import { batchOperations } from './batches.ts';
import { brandOperations } from './brand.ts';
import { cacheOperations } from './cache.ts';
import { connectionOperations } from './connections.ts';
import { contactOperations } from './contacts.ts';
import { dataSetOperations } from './datasets.ts';
import { failureOperations } from './failures.ts';
import { figureOperations } from './figures.ts';
import { fontOperations } from './fonts.ts';
import { generateOperations } from './generate.ts';
import { hookOperations } from './hooks.ts';
import { keyOperations } from './keys.ts';
import { linkOperations } from './links.ts';
import { memberOperations } from './members.ts';
import type { Operation } from './operation.ts';
import { pictureOperations } from './pictures.ts';
import { placeOperations } from './place.ts';
import { platformOperations } from './platforms.ts';
import { previewOperations } from './previews.ts';
import { renderOperations } from './renders.ts';
import { reviewOperations } from './reviews.ts';
import { sessionOperations } from './sessions.ts';
import { sourceOperations } from './sources.ts';
import { statusOperations } from './status.ts';
import { stepOperations } from './steps.ts';
import { syncOperations } from './sync.ts';
import { templateOperations } from './templates.ts';
import { validateOperations } from './validate.ts';
import { versionOperations } from './versions.ts';
import { warmupOperations } from './warmups.ts';
import { webhookOperations } from './webhooks.ts';
import { workspaceOperations } from './workspaces.ts';

/** Every operation of the API, in the order of its documents. */
export const apiOperations = (services: Services): Operation[] =>
  [
    generateOperations,
    pictureOperations,
    renderOperations,
    batchOperations,
    validateOperations,
    platformOperations,
    linkOperations,
    templateOperations,
    versionOperations,
    stepOperations,
    reviewOperations,
    previewOperations,
    dataSetOperations,
    contactOperations,
    assetOperations,
    fontOperations,
    sourceOperations,
    connectionOperations,
    syncOperations,
    placeOperations,
    webhookOperations,
    warmupOperations,
    accountOperations,
    hookOperations,
    keyOperations,
    memberOperations,
    sessionOperations,
    auditOperations,
    figureOperations,
    failureOperations,
    statusOperations,
    cacheOperations,
    workspaceOperations,
    brandOperations,
  ].flatMap((of) => of(services));
