import { nanoid } from 'nanoid';
import { AppError } from '../../core/errors.ts';
import { sealedTags } from '../image/plan.ts';
import type { Again, Job } from '../jobs/queue.ts';
import { keepDrawing, sealedUrl } from '../sealed/seal.ts';
import type { Services } from '../services.ts';
import type { Records } from '../stores/records/index.ts';
import { findRender, finishRender, type RenderRecord } from '../stores/records/renders.ts';
import { drawInBackground, isFinal, whenBusy } from './draw.ts';
import { openRequest, type RenderRequest } from './render.ts';

/** Draws what was ordered and keeps it as a sealed picture; what cannot be drawn is written down, not thrown. */
export async function makeRender(
  services: Services,
  { workspace, payload }: Job<'render.make'>,
): Promise<Again | undefined> {
  const { records, encryption } = services;
  const record = await findRender(records, workspace, payload.render);
  // Done by somebody else, or erased.
  if (record?.state !== 'queued') return undefined;
  const request = openRequest(encryption, record);
  const { template, version, variant, values, format, scale } = request;
  // Also a version that was retired since: it might be used when the order came.
  const published = await services.library.get(workspace, template, { version, variant });
  const sealed = nanoid(16);
  const drawing = published && { published, values, format, scale };
  try {
    if (!drawing)
      throw new AppError('template_not_found', `The template ${template} has no version ${version} any more.`);
    await drawInBackground(services, drawing, sealedTags({ workspace, template, subject: record.subject }, sealed));
  } catch (error) {
    if (!isFinal(error)) return whenBusy(error);
    await fail(services, record, request, error.message);
    return undefined;
  }
  await records.transaction().execute(async (db) => {
    if (!(await finishRender(db, record.id, { state: 'complete', sealed, error: null }, Date.now()))) return;
    await keepDrawing(db, encryption, drawing, record.subject, sealed);
    await tell(services, db, record, request, { status: 'complete', output_url: sealedUrl(services, sealed, format) });
  });
  return undefined;
}

/** Tells of a render that was tried in vain for too long. */
export async function failRender(services: Services, { workspace, payload }: Job<'render.make'>): Promise<void> {
  const record = await findRender(services.records, workspace, payload.render);
  if (record?.state !== 'queued') return;
  const request = openRequest(services.encryption, record);
  await fail(services, record, request, 'The picture could not be drawn, several times over: order it again later.');
}

async function fail(services: Services, record: RenderRecord, request: RenderRequest, error: string): Promise<void> {
  await services.records.transaction().execute(async (db) => {
    if (!(await finishRender(db, record.id, { state: 'failed', sealed: null, error }, Date.now()))) return;
    await tell(services, db, record, request, { status: 'failed', error });
  });
}

const tell = (
  { hooks }: Services,
  db: Records,
  { id, workspace }: RenderRecord,
  { template, version, variant, format, callback }: RenderRequest,
  end: object,
): Promise<void> =>
  hooks.emit(
    workspace,
    'render.finished',
    { job_id: id, template, version, variant: variant ?? null, format, ...end },
    { callback, db },
  );
