import { AppError } from '../../core/errors.ts';
import { pageBlock, pictureBlock } from '../../core/links/html.ts';
import { applyContract } from '../../core/template/contract.ts';
import { type FormatName, isPictureFormat } from '../../core/template/output.ts';
import type { Warning } from '../../core/template/value.ts';
import { isLate, within } from '../deadline.ts';
import { sealDrawing, shareUrl } from '../sealed/seal.ts';
import type { Services } from '../services.ts';
import { findPublished, whichVersion } from '../templates/find-published.ts';
import { chooseScale, type Fineness } from '../templates/scale.ts';
import { openFields } from '../workspaces/open-fields.ts';
import { makeAt } from './live.ts';

/** What a picture is made from; format and fineness default to the template's own. */
export type PictureOrder = {
  readonly template: string;
  readonly version?: number | undefined;
  readonly variant?: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
  readonly format?: FormatName | undefined;
  readonly subject?: string | undefined;
} & Fineness;

/** A finished picture and the address it is served from; width and height in CSS pixels, as in the `<img>`. */
export type Generated = {
  /** For taking the picture back. */
  readonly id: string;
  readonly url: string;
  /** The page to pass on. */
  readonly shareUrl: string;
  readonly html: string;
  readonly alt: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly outcome: string;
  readonly warnings: readonly Warning[];
};

const DEADLINE_MS = 15_000;

/**
 * Draws a picture and seals its values on our side. Throws `template_not_found`, `data_invalid` with every fault, or
 * why it could not be drawn.
 */
export async function generatePicture(services: Services, workspace: string, order: PictureOrder): Promise<Generated> {
  const published = await findPublished(
    services,
    workspace,
    order.template,
    whichVersion(order.version, order.variant),
  );
  const { template, compiled } = published;
  const fields = await openFields(services.settings, workspace, template.fields);
  const { values, faults, warnings } = applyContract(fields, order.data);
  if (faults.length > 0)
    throw new AppError('data_invalid', 'The data does not fit the fields of the template.', { faults });
  const { format = published.format } = order;
  const drawing = { published, values, format, scale: chooseScale(template, order) };
  // Always drawn, never looked up: only drawing tells what did not fit.
  const until = performance.now() + DEADLINE_MS;
  const drawn = await within(makeAt(services, drawing, Date.now(), { until }), DEADLINE_MS);
  if (isLate(drawn)) throw new AppError('render_timeout', 'The picture was not drawn in time: try again in a moment.');
  const { made, late = made.isWhole ? undefined : 'image-missing' } = drawn;
  const { id, url } = await sealDrawing(services, drawing, order.subject);
  const alt = compiled.alt(values);
  const { width, height } = template.size;
  return {
    id,
    url,
    shareUrl: shareUrl(services, id),
    html: isPictureFormat(format) ? pictureBlock(url, { width, height }, alt) : pageBlock(url, alt),
    alt,
    width,
    height,
    bytes: made.bytes.length,
    outcome: late === undefined ? 'rendered' : `rendered; ${late}`,
    warnings: [...warnings, ...made.warnings],
  };
}
