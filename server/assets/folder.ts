import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, parse } from 'node:path';
import { AppError, type Fault } from '../../core/errors.ts';
import { fontReference } from '../../core/paint/text/own-fonts.ts';
import { assetRefs, drawingRefs } from '../../core/template/assets.ts';
import { familiesOf } from '../../core/template/fonts.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import type { Template } from '../../core/template/schema.ts';
import { readFontFolder } from '../fonts/folder.ts';
import { isDigest, sha256 } from '../stores/blobs/blobs.ts';
import { NO_DRAWING, SVG, sniffAsset } from './sniff.ts';
import { tidySvg } from './svg.ts';

/** A template with the bytes of every asset it names, by reference; `key` is a digest of both. */
export type TemplateSource = {
  readonly template: Template;
  readonly assets: Readonly<Record<string, Uint8Array>>;
  readonly key: string;
};

const EXTENSIONS = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'avif', 'svg'];
const MAX_ASSET_BYTES = 10 * 1024 * 1024;

/** The document of a template: the file itself, or `template.json` when the path is a folder. */
export async function templateFile(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ? join(path, 'template.json') : path;
}

/**
 * Reads and checks a template's document. Throws template_not_found when it cannot be read, template_invalid with every
 * fault when it is no template.
 */
export async function readTemplateFile(path: string): Promise<Template> {
  const file = await templateFile(path);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AppError('template_not_found', `${file} cannot be read: check the path and its permissions.`, { cause });
  });
  return parseTemplate(parseJson(file, text));
}

/**
 * Reads a template's document and, from the `assets` folder beside it, `<name>.jpg|png|webp|gif|avif|svg` for each
 * `asset:<name>` it names, and from the `fonts` folder those of its families; a folder holds one version of each. Throws also asset_not_found or asset_invalid with every
 * asset that is missing, cannot be used, or is over 10 MB.
 */
export async function readTemplateFolder(path: string): Promise<TemplateSource> {
  const template = await readTemplateFile(path);
  const folder = join(dirname(await templateFile(path)), 'assets');
  const assets: Record<string, Uint8Array> = {};
  const missing: Fault[] = [];
  const unfit: Fault[] = [];
  const drawings = drawingRefs(template);
  for (const ref of assetRefs(template)) {
    const bytes = await readAsset(folder, ref);
    if (!bytes)
      missing.push({
        path: ref,
        message: `put a picture called ${assetName(ref)}.jpg (or .png, .webp) into ${folder}`,
      });
    else if (bytes.length > MAX_ASSET_BYTES) unfit.push({ path: ref, message: 'is over 10 MB: make it smaller' });
    else unfit.push(...faultsOf(bytes, drawings.includes(ref)).map((message) => ({ path: ref, message })));
    if (bytes) assets[ref] = bytes;
  }
  const named = familiesOf(template);
  for (const font of await readFontFolder(await templateFile(path)))
    if (named.has(font.family)) assets[fontReference(font)] = font.bytes;
  if (missing.length > 0)
    throw new AppError('asset_not_found', `${folder} lacks pictures the template names.`, { faults: missing });
  if (unfit.length > 0)
    throw new AppError('asset_invalid', `${folder} holds pictures that cannot be used.`, { faults: unfit });
  return { template, assets, key: sourceKey(template, assets) };
}

/** What keeps a file from being used, as ends of sentences. */
function faultsOf(bytes: Buffer, isDrawing: boolean): string[] {
  const mime = sniffAsset(bytes);
  if (!mime) return ['is no JPEG, PNG, WebP, GIF, AVIF or SVG picture'];
  if (isDrawing && mime !== SVG) return [NO_DRAWING];
  try {
    if (mime === SVG) tidySvg(bytes);
    return [];
  } catch (error) {
    if (error instanceof AppError) return [error.message];
    throw error;
  }
}

/** Every picture of the `assets` folder beside a template, by its name; none when there is no such folder. */
export async function readAssetFolder(path: string): Promise<Record<string, Buffer>> {
  const folder = join(dirname(await templateFile(path)), 'assets');
  const assets: Record<string, Buffer> = {};
  for (const file of (await readdir(folder).catch(() => [])).sort()) {
    const { name, ext } = parse(file);
    if (EXTENSIONS.includes(ext.slice(1))) assets[name] = await readFile(join(folder, file));
  }
  return assets;
}

/** The bytes of `asset:<name>`, whatever version it asks for, or `asset:<sha256>` in a folder of assets, by its file's name. */
export async function readAsset(folder: string, ref: string): Promise<Buffer | undefined> {
  for (const extension of EXTENSIONS) {
    const file = join(folder, basename(`${assetName(ref)}.${extension}`));
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw new AppError('asset_not_found', `${file} cannot be read: check its permissions.`, { cause: error });
    });
    // A file named by a digest has to be what its name says.
    if (bytes && (!isDigest(assetName(ref)) || sha256(bytes) === assetName(ref))) return bytes;
  }
  return undefined;
}

const assetName = (ref: string): string => ref.replace(/^asset:/, '').replace(/@\d+$/, '');

function sourceKey(template: Template, assets: TemplateSource['assets']): string {
  const hash = createHash('sha256').update(JSON.stringify(template));
  for (const ref of Object.keys(assets).sort()) {
    const digest = createHash('sha256')
      .update(assets[ref] ?? '')
      .digest('hex');
    hash.update(`\n${ref} ${digest}`);
  }
  return hash.digest('hex');
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/\s+/g, ' ') : 'it cannot be read';
    throw new AppError('template_invalid', `${file} is not JSON: ${reason}.`, { cause });
  }
}
