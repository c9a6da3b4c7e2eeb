import { join } from 'node:path';
import { AppError } from '../core/errors.ts';
import { findChannel } from '../server/stores/records/channels.ts';
import { findNewest, findVersion } from '../server/stores/records/templates.ts';
import { exportVersion } from '../server/templates/export.ts';
import { findDataFolder } from './data-folder.ts';
import { writeWhole } from './output-file.ts';

/** What was written of a template. */
export type Exported = { readonly name: string; readonly version: number; readonly files: readonly string[] };

/**
 * Writes a version of a template of the data folder into a folder: that of `name@3`, else what production shows, else the
 * newest. Throws template_not_found.
 */
export async function exportTemplate(argument: string, out: string): Promise<Exported> {
  const [, name = argument, number] = /^(.+)@([1-9]\d{0,8})$/.exec(argument) ?? [];
  const asked = number === undefined ? undefined : Number(number);
  const folder = await findDataFolder();
  try {
    const version =
      folder && (asked ?? (await findChannel(folder.records, folder.workspace, name, 'production'))?.version);
    const record =
      folder &&
      (version === undefined
        ? await findNewest(folder.records, folder.workspace, name)
        : await findVersion(folder.records, folder.workspace, name, version));
    if (!record) {
      const which = asked === undefined ? '' : ` with a version ${asked}`;
      throw new AppError('template_not_found', `There is no template ${name}${which}: see mergepix template list.`);
    }
    const files = await exportVersion(folder, record);
    for (const [path, bytes] of files) await writeWhole(join(out, path), bytes);
    return { name, version: record.version, files: [...files.keys()] };
  } finally {
    await folder?.close();
  }
}
