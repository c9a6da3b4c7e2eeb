import { AppError } from '../../core/errors.ts';
import { applyContract } from '../../core/template/contract.ts';
import type { FormatName } from '../../core/template/output.ts';
import type { Values } from '../../core/template/value.ts';
import type { Encryption } from '../access/encryption.ts';
import { checkAddress } from '../outgoing/order.ts';
import { subjectDigest } from '../sealed/seal.ts';
import type { Services } from '../services.ts';
import { addRender, type RenderRecord } from '../stores/records/renders.ts';
import { timeId } from '../stores/records/time-id.ts';
import { findPublished, whichVersion } from '../templates/find-published.ts';
import { chooseScale } from '../templates/scale.ts';
import { openFields } from '../workspaces/open-fields.ts';

/** What a picture is to be made from, later; format and dpi default to the template's own. */
export type RenderOrder = {
  readonly template: string;
  readonly version?: number | undefined;
  readonly variant?: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
  /** By image field: a reference or an address, in place of what `data` says. */
  readonly assets?: Readonly<Record<string, string>> | undefined;
  readonly format?: FormatName | undefined;
  readonly dpi?: number | undefined;
  readonly subject?: string | undefined;
  /** Told when it is finished. */
  readonly callback?: string | undefined;
};

/** What is kept of an order until it is done: complete values, and the version that was live when it came. */
export type RenderRequest = {
  readonly template: string;
  readonly version: number;
  readonly variant?: string | undefined;
  readonly values: Values;
  readonly format: FormatName;
  readonly scale: number;
  readonly callback?: string | undefined;
};

const contextOf = (workspace: string, id: string) => `render:${workspace}:${id}`;

/** Opens what is to be drawn. Throws `config_invalid` when its key is not configured any more. */
export const openRequest = (encryption: Encryption, { workspace, id, request }: RenderRecord): RenderRequest =>
  JSON.parse(encryption.open(request, contextOf(workspace, id))) as RenderRequest;

/**
 * Checks an order, keeps it and has it done soon. Gives its id. Throws `template_not_found`, `address_refused` for the callback, or
 * `data_invalid` with every fault.
 */
export async function orderRender(services: Services, workspace: string, order: RenderOrder): Promise<string> {
  const { records, encryption, jobs, config } = services;
  const { data, assets = {}, subject, callback } = order;
  if (callback !== undefined)
    checkAddress({ url: callback, httpsOnly: config.production, maxBytes: 0, timeoutMs: 0 }, callback);
  const which = whichVersion(order.version, order.variant);
  const published = await findPublished(services, workspace, order.template, which);
  const { template, version, variant } = published;
  const misplaced = Object.keys(assets).filter((name) => template.fields[name]?.type !== 'image');
  const fields = await openFields(services.settings, workspace, template.fields);
  const { values, faults } = applyContract(fields, { ...data, ...assets });
  const all = [
    ...misplaced.map((name) => ({ path: `assets.${name}`, message: 'is no image field of the template: remove it' })),
    ...faults.filter(({ path }) => !misplaced.includes(path)),
  ];
  if (all.length > 0)
    throw new AppError('data_invalid', 'The data does not fit the fields of the template.', { faults: all });
  const { format = published.format } = order;
  const scale = chooseScale(template, order);
  const request = { template: template.name, version, variant, values, format, scale, callback };
  const now = Date.now();
  const id = timeId(now);
  await records.transaction().execute(async (db) => {
    await addRender(db, {
      id,
      workspace,
      state: 'queued',
      request: encryption.seal(JSON.stringify(request satisfies RenderRequest), contextOf(workspace, id)),
      subject: subject === undefined ? null : subjectDigest(encryption, workspace, subject),
      sealed: null,
      error: null,
      created_at: now,
      finished_at: null,
    });
    await jobs.add('render.make', { workspace, payload: { render: id } }, db);
  });
  return id;
}
