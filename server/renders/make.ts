import type { Drawing } from '../image/pictures.ts';
import type { Job } from '../jobs/queue.ts';
import { keepDrawing } from '../sealed/seal.ts';
import type { Services } from '../services.ts';
import { findRender, finishRender } from '../stores/records/renders.ts';
import { findPublished, whichVersion } from '../templates/find-published.ts';
import { drawInBackground, isFinal } from './draw.ts';
import { openRequest } from './render.ts';

/** Draws what was ordered and keeps it as a sealed picture; what cannot be drawn is written down, not thrown. */
export async function makeRender(services: Services, { workspace, payload }: Job<'render.make'>): Promise<undefined> {
  const { records, encryption } = services;
  const record = await findRender(records, workspace, payload.render);
  // Done by somebody else, or erased.
  if (record?.state !== 'queued') return;
  let drawing: Drawing;
  try {
    const { template, version, values, format, scale } = openRequest(encryption, record);
    drawing = {
      published: await findPublished(services, workspace, template, whichVersion(version)),
      values,
      format,
      scale,
    };
    await drawInBackground(services, drawing);
  } catch (error) {
    if (!isFinal(error)) throw error;
    await finishRender(records, record.id, { state: 'failed', sealed: null, error: error.message }, Date.now());
    return;
  }
  await records.transaction().execute(async (db) => {
    const sealed = await keepDrawing(db, encryption, drawing, record.subject);
    await finishRender(db, record.id, { state: 'complete', sealed, error: null }, Date.now());
  });
}

/** Tells of a render that was tried in vain for too long. */
export async function failRender({ records }: Services, { payload }: Job<'render.make'>): Promise<void> {
  const error = 'The picture could not be drawn, several times over: order it again later.';
  await finishRender(records, payload.render, { state: 'failed', sealed: null, error }, Date.now());
}
