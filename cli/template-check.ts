import { AppError, type Fault } from '../core/errors.ts';
import { checkPublishable } from '../core/template/parse.ts';
import { readTemplateFile, readTemplateFolder, templateFile } from '../server/assets/folder.ts';
import { readFontFolder } from '../server/fonts/folder.ts';
import { FAILED, faultLine } from './failure.ts';

/**
 * Prints every fault of every file: of the document, of its assets, and what keeps it from being published. The process
 * exits with 1 when there is any.
 */
export async function checkTemplates(files: readonly string[], asJson: boolean): Promise<void> {
  const checked: { file: string; faults: readonly Fault[] }[] = [];
  for (const file of files) checked.push({ file, faults: await faultsOfFile(file) });
  if (checked.some(({ faults }) => faults.length > 0)) process.exitCode = FAILED;
  if (asJson) return console.log(JSON.stringify(checked, null, 2));
  for (const { file, faults } of checked) {
    if (faults.length === 0) console.log(`${file}: good`);
    else
      console.error(
        [`${file}: ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`, ...faults.map(faultLine)].join('\n'),
      );
  }
}

async function faultsOfFile(file: string): Promise<readonly Fault[]> {
  try {
    const template = await readTemplateFile(file);
    // What is wrong with a font is told with the rest of the folder.
    const fonts = await readFontFolder(await templateFile(file)).catch(() => []);
    const notReady = checkPublishable(
      template,
      fonts.map(({ family }) => family),
    );
    return [...notReady, ...(await faultsThrown(readTemplateFolder(file)))];
  } catch (error) {
    return faultsOfError(error);
  }
}

const faultsThrown = (reading: Promise<unknown>): Promise<readonly Fault[]> => reading.then(() => [], faultsOfError);

function faultsOfError(error: unknown): readonly Fault[] {
  if (!(error instanceof AppError)) throw error;
  return error.faults.length > 0 ? error.faults : [{ path: '', message: error.message }];
}
