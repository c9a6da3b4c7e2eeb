import type { Bundle, ZObject } from 'zapier-platform-core';
import { ask } from './ask.ts';
import { explainFailure } from './failures.ts';

/**
 * Puts the picture or PDF at `url` into Zapier's store under a `name`, and gives its address there: run when a later step needs the
 * file itself. Fetched without the key, as recipients do.
 */
async function picture(
  z: ZObject,
  { inputData: { url, name } }: Bundle<{ url?: string; name?: string }>,
): Promise<string> {
  const { host } = new URL(url ?? '');
  const response = await z.request({ url: url ?? '', raw: true, skipThrowForStatus: true }).catch((error: unknown) => {
    throw explainFailure(z, host, error);
  });
  const mime = response.headers.get('content-type') ?? '';
  if (response.status !== 200 || !/^(?:image\/|application\/pdf\b)/.test(mime))
    throw new z.errors.Error(
      `${host} does not serve the file to Zapier (${response.status}): set MERGEPIX_PUBLIC_URL to the address the internet reaches it at.`,
      'picture_unreachable',
    );
  return z.stashFile(response.body, undefined, name, mime);
}

/** Puts the pictures of a finished batch into Zapier's store, as one zip under a `name`, and gives its address there. */
async function batch(z: ZObject, bundle: Bundle<{ id?: string; name?: string }>): Promise<string> {
  const { id = '', name } = bundle.inputData;
  const path = `/v1/batches/${encodeURIComponent(id)}`;
  // A file has no room for what is wrong: the batch itself says it.
  await ask(z, bundle, { url: path });
  const response = await z.request({ url: `${path}/zip`, raw: true, skipThrowForStatus: true });
  if (response.status !== 200)
    throw new z.errors.Error(
      `Mergepix does not hand out the file of this batch (${response.status}): run the step again in a minute.`,
      'batch_unreachable',
    );
  return z.stashFile(response.body, undefined, name, 'application/zip');
}

/** What later steps may fetch. */
export default { picture, batch };
