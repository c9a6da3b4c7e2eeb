import type { Command } from 'commander';
import { importFolder, publishFolder } from '../../server/templates/import-folder.ts';
import { findLostVariants, type LostVariant } from '../../server/templates/lost-variants.ts';
import { diffPage } from '../diff-page.ts';
import { writeWhole } from '../output-file.ts';
import { withServices } from '../services.ts';
import { TEMPLATE_ARGUMENT } from '../template-argument.ts';
import { checkTemplates } from '../template-check.ts';
import { diffTemplates, printDifferences } from '../template-diff.ts';
import { exportTemplate } from '../template-files.ts';
import { listTemplates, printTemplates } from '../template-list.ts';

/** `mergepix template`: check templates, publish them into the data folder, list what there is. */
export function addTemplate(program: Command): void {
  const template = program
    .command('template')
    .description('check, publish, compare, import, export and list templates');
  template
    .command('validate')
    .description('check templates for everything that keeps them from being published')
    .argument('<file...>', 'template.json files or their folders')
    .option('--json', 'print what was found as JSON')
    .action((files: string[], options: { json?: true }) => checkTemplates(files, options.json === true));
  template
    .command('publish')
    .description('publish templates and the assets beside them into the data folder')
    .argument('<file...>', 'template.json files or their folders')
    .option('--json', 'print what was published as JSON')
    .action(async (files: string[], options: { json?: true }) => {
      const published = await withServices(async (services, actor) => {
        const done: { name: string; version: number; warnings: readonly LostVariant[] }[] = [];
        for (const file of files) {
          const record = await publishFolder(services, actor, file);
          const { name, version } = record;
          done.push({ name, version, warnings: await findLostVariants(services.records, record, 'production') });
        }
        return done;
      });
      if (options.json) return console.log(JSON.stringify(published, null, 2));
      for (const { name, version, warnings } of published) {
        console.log(`${name}: published as version ${version}`);
        for (const { message } of warnings) console.error(`note: ${message}`);
      }
    });
  template
    .command('import')
    .description('keep templates and the assets beside them as drafts in the data folder')
    .argument('<file...>', 'template.json files or their folders')
    .option('--json', 'print what was kept as JSON')
    .action(async (files: string[], options: { json?: true }) => {
      const imported = await withServices(async (services, actor) => {
        const done: { name: string; version: number }[] = [];
        for (const file of files) {
          const { name, version } = await importFolder(services, actor, file);
          done.push({ name, version });
        }
        return done;
      });
      if (options.json) return console.log(JSON.stringify(imported, null, 2));
      for (const { name, version } of imported) console.log(`${name}: version ${version}, a draft`);
    });
  template
    .command('export')
    .description('write a template, its sets of data and its pictures into a folder, for git')
    .argument('<name>', 'a template of the data folder; name@3 for a version other than the one production shows')
    .requiredOption('--out <folder>', 'the folder, made when it is not there')
    .option('--json', 'print what was written as JSON')
    .action(async (name: string, options: { out: string; json?: true }) => {
      const exported = await exportTemplate(name, options.out);
      if (options.json) return console.log(JSON.stringify(exported, null, 2));
      console.log(`${exported.name}: version ${exported.version}, ${exported.files.length} files in ${options.out}`);
    });
  template
    .command('diff')
    .description('compare two templates option by option and pixel by pixel, with every set of data')
    .argument('<before>', TEMPLATE_ARGUMENT)
    .argument('<after>', TEMPLATE_ARGUMENT)
    .option('--out <file>', 'write a page with all pictures, options and texts that differ, such as diff.html')
    .option('--json', 'print the figures as JSON')
    .action(async (before: string, after: string, options: { out?: string; json?: true }) => {
      const diff = await diffTemplates(before, after);
      if (options.out !== undefined) await writeWhole(options.out, diffPage({ before, after }, diff));
      printDifferences(diff, options.json === true);
      if (options.out !== undefined) console.error(`note: look at ${options.out}`);
    });
  template
    .command('list')
    .description('list the templates of the data folder and the bundled samples')
    .option('--json', 'print the list as JSON')
    .action(async (options: { json?: true }) => printTemplates(await listTemplates(), options.json === true));
}
