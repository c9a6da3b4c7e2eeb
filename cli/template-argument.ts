import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, nearest } from '../core/errors.ts';
import { pictureFormatFor } from '../core/node/auto-format.ts';
import { places } from '../core/node/places.ts';
import type { RenderJob } from '../core/node/renderer.ts';
import { scaleOf } from '../core/paint/paper.ts';
import { imageRefs } from '../core/template/assets.ts';
import type { FormatName } from '../core/template/output.ts';
import { ASSET } from '../core/template/parts.ts';
import type { Template } from '../core/template/schema.ts';
import { variantKey, variantOf } from '../core/template/variants.ts';
import { readAsset, readTemplateFolder, templateFile } from '../server/assets/folder.ts';
import { findReferenced } from '../server/assets/reference.ts';
import { listTemplateNames } from '../server/stores/records/templates.ts';
import { createLibrary, type Which } from '../server/templates/library.ts';
import { type DataFolder, findDataFolder } from './data-folder.ts';

/** A template a command was given; `asset` gives pictures that only data names, undefined when there is none. */
export type OpenedTemplate = {
  readonly template: Template;
  readonly job: RenderJob['template'];
  /** What a picture is made as when nobody says otherwise. */
  readonly format: FormatName;
  asset(ref: string): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
};

/** How the argument is described in every command's help. */
export const TEMPLATE_ARGUMENT =
  'a template.json, its folder, or the name of a template (name@3 for a version) or sample';

/** The option that chooses a variant, for commands that draw one. */
export const VARIANT_OPTION = ['--variant <name>', "one of the template's other sizes, such as story"] as const;

/**
 * Opens the template an argument names: a path, else what production shows by that name in the data folder, or a certain
 * version by `name@3`, else a bundled sample; of it the variant, when one is named. Throws template_not_found with the nearest
 * name, or what is wrong with the template itself.
 */
export async function openTemplate(argument: string, variant?: string): Promise<OpenedTemplate> {
  if (await stat(argument).catch(() => undefined)) return openFolder(argument, variant);
  const [, name, version] = /^([a-z0-9][a-z0-9-]*)(?:@([1-9]\d{0,8}))?$/.exec(argument) ?? [];
  const which: Which = version === undefined ? { channel: 'production' } : { version: Number(version) };
  const published = name === undefined ? undefined : await openPublished(name, { ...which, variant });
  if (published) return published;
  const samples = await listSamples();
  if (samples.includes(argument)) return openFolder(join(places.samples, argument), variant);
  const near = nearest(argument, [...samples, ...(await listPublished())]);
  if (near === argument) {
    const advice = 'publish one first, or give the path of its template.json.';
    throw new AppError('template_not_found', `The template ${argument} has no published version: ${advice}`);
  }
  const advice = near ? `did you mean ${near}?` : 'give the path of a template.json, or see mergepix template list.';
  throw new AppError('template_not_found', `There is no template ${argument}: ${advice}`);
}

/** The names of the bundled samples, in alphabetical order. */
export async function listSamples(): Promise<string[]> {
  const files = await readdir(places.samples, { recursive: true }).catch(() => []);
  return files
    .filter((file) => basename(file) === 'template.json' && dirname(dirname(file)) === '.')
    .map(dirname)
    .sort();
}

async function openFolder(path: string, variant: string | undefined): Promise<OpenedTemplate> {
  const source = await readTemplateFolder(path);
  const { assets } = source;
  const template = variantOf(source.template, variant);
  const key = variantKey(source.key, variant);
  const folder = join(dirname(await templateFile(path)), 'assets');
  const job = { key, load: () => ({ template, assets }) };
  const format = await ownFormat(template, job);
  return { template, job, format, asset: (ref) => readAsset(folder, ref), close: async () => undefined };
}

/** The format of a template that is not published yet. */
async function ownFormat(template: Template, job: RenderJob['template']): Promise<FormatName> {
  const { format } = template.output;
  if (format !== 'auto') return format;
  // Loaded here, so that no other template needs the native libraries in this process.
  const { createRenderer } = await import('../core/node/renderer.ts');
  const { render } = createRenderer();
  return pictureFormatFor(template, async (values) => {
    const images = Object.fromEntries(imageRefs(template, values).map((ref) => [ref, null]));
    const order = { template: job, values, images, scale: scaleOf(template), quality: template.output.quality };
    return (await render({ ...order, format: 'png' })).bytes;
  });
}

async function openPublished(name: string, which: Which): Promise<OpenedTemplate | undefined> {
  const folder = await findDataFolder();
  if (!folder) return undefined;
  const published = await createLibrary(folder)
    .get(folder.workspace, name, which)
    .catch(async (error: unknown) => {
      await folder.close();
      throw error;
    });
  if (published) {
    const { job, format } = published;
    const template =
      published.variant === which.variant ? published.template : variantOf(published.template, which.variant);
    return { template, job, format, asset: (ref) => readNamed(folder, ref), close: folder.close };
  }
  await folder.close();
  return undefined;
}

async function listPublished(): Promise<string[]> {
  const folder = await findDataFolder();
  const names = folder ? await listTemplateNames(folder.records, { workspace: folder.workspace, limit: 1000 }) : [];
  await folder?.close();
  return names;
}

async function readNamed({ workspace, records, blobs }: DataFolder, ref: string): Promise<Uint8Array | undefined> {
  const asset = ASSET.test(ref) ? await findReferenced(records, workspace, ref) : undefined;
  return asset && (await blobs.get(asset.digest));
}
