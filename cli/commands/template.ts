import type { Command } from 'commander';
import { publishFolder } from '../../server/templates/import-folder.ts';
import { withServices } from '../services.ts';
import { TEMPLATE_ARGUMENT } from '../template-argument.ts';
import { checkTemplates } from '../template-check.ts';
import { diffTemplates, printDifferences } from '../template-diff.ts';
import { listTemplates, printTemplates } from '../template-list.ts';

/** `mergepix template`: check templates, publish them into the data folder, list what there is. */
export function addTemplate(program: Command): void {
  const template = program.command('template').description('check, publish, compare and list templates');
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
        const done: { name: string; version: number }[] = [];
        for (const file of files) {
          const { name, version } = await publishFolder(services, actor, file);
          done.push({ name, version });
        }
        return done;
      });
      if (options.json) return console.log(JSON.stringify(published, null, 2));
      for (const { name, version } of published) console.log(`${name}: published as version ${version}`);
    });
  template
    .command('diff')
    .description('compare two templates pixel by pixel, with every set of data')
    .argument('<before>', TEMPLATE_ARGUMENT)
    .argument('<after>', TEMPLATE_ARGUMENT)
    .option('--json', 'print the figures as JSON')
    .action(async (before: string, after: string, options: { json?: true }) =>
      printDifferences(await diffTemplates(before, after), options.json === true),
    );
  template
    .command('list')
    .description('list the templates of the data folder and the bundled samples')
    .option('--json', 'print the list as JSON')
    .action(async (options: { json?: true }) => printTemplates(await listTemplates(), options.json === true));
}
