import type { Command } from 'commander';
import { readConfig } from '../../server/config.ts';
import type { Welcome } from '../../server/first-run.ts';
import { keepHeapSmall } from '../heap.ts';

/** `mergepix serve`: runs the service until a signal ends it, and prints what to try first. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run the service; MERGEPIX_* variables configure it')
    .action(async () => {
      keepHeapSmall();
      // Loaded when it is needed: the other commands should start without the service's libraries.
      const { closeOnSignals, startServer } = await import('../../server/main.ts');
      const running = await startServer(readConfig(process.env));
      closeOnSignals(running, (code) => process.exit(code));
      console.log(banner(running.url, running.welcome));
    });
}

function banner(url: string, welcome: Welcome | undefined): string {
  const lines = [`Mergepix is listening on ${url}`];
  if (welcome) {
    const { pictureUrl, mailchimp, klaviyo, docsUrl, studioUrl, adminKeyFile } = welcome;
    lines.push('', 'A personal picture:', `  ${pictureUrl}`);
    lines.push('', 'For an HTML block in Mailchimp:', `  ${mailchimp.html}`);
    lines.push('', 'For an HTML block in Klaviyo:', `  ${klaviyo.html}`);
    const once = studioUrl.includes('#') ? ' (signs you in once, within an hour)' : '';
    lines.push('', `The studio${once}:`, `  ${studioUrl}`);
    lines.push('', `The API: ${docsUrl}`);
    if (adminKeyFile !== undefined) lines.push(`The admin key is in ${adminKeyFile}`);
  }
  return `${lines.join('\n')}\n`;
}
