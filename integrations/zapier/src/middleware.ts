import type { AfterResponseMiddleware, BeforeRequestMiddleware, Bundle } from 'zapier-platform-core';
import { addressOf } from './address.ts';
import { explainAnswer } from './problems.ts';

// Zapier ends a step after 30 seconds and then tells nobody why.
const STEP_MS = 25_000;
const steps = new WeakMap<Bundle, AbortSignal>();

/** Ends every request of one step together, before Zapier would. */
function endOf(bundle: Bundle): AbortSignal {
  const signal = steps.get(bundle) ?? AbortSignal.timeout(STEP_MS);
  steps.set(bundle, signal);
  return signal;
}

/**
 * Sends a request for a path to the installation of the connection, with its key. No redirect of it is followed, so that the key never
 * goes anywhere else; a whole address, such as that of a picture, is asked without the key.
 */
const addressInstallation: BeforeRequestMiddleware = (request, z, bundle) => {
  const timed = Object.assign(request, { signal: endOf(bundle) });
  if (!request.url.startsWith('/')) return timed;
  return Object.assign(timed, {
    url: addressOf(z, bundle) + request.url,
    headers: { ...request.headers, accept: 'application/json', authorization: `Bearer ${bundle.authData.api_key}` },
    redirect: 'manual' as const,
    middlewareData: { ...request.middlewareData, isInstallation: true },
  });
};

/** Says what to do about an answer of the installation that is not what was asked for. */
const explainInstallation: AfterResponseMiddleware = (response, z) => {
  // What a file is asked for, whoever asks looks at.
  if (response.request.middlewareData?.isInstallation && !response.request.raw) explainAnswer(z, response);
  return response;
};

/** Before every request. */
export const befores = [addressInstallation];
/** After every answer. */
export const afters = [explainInstallation];
