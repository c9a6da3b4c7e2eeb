import type { Services } from '../services.ts';
import { assetOperations } from './assets.ts';
import { contactOperations } from './contacts.ts';
import { generateOperations } from './generate.ts';
import { keyOperations } from './keys.ts';
import { linkOperations } from './links.ts';
import type { Operation } from './operation.ts';
import { pictureOperations } from './pictures.ts';
import { renderOperations } from './renders.ts';
import { reviewOperations } from './reviews.ts';
import { templateOperations } from './templates.ts';
import { versionOperations } from './versions.ts';
import { workspaceOperations } from './workspaces.ts';

/** Every operation of the API, in the order of its documents. */
export const apiOperations = (services: Services): Operation[] =>
  [
    generateOperations,
    pictureOperations,
    renderOperations,
    linkOperations,
    templateOperations,
    versionOperations,
    reviewOperations,
    contactOperations,
    assetOperations,
    keyOperations,
    workspaceOperations,
  ].flatMap((of) => of(services));
