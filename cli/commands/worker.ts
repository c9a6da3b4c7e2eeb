import type { Command } from 'commander';
import { readConfig } from '../../server/config.ts';
import { keepHeapSmall } from '../heap.ts';

const collect = (id: string, others: readonly string[] = []): readonly string[] => [...others, id];

/** `mergepix worker`: works off the queue until a signal ends it. */
export function addWorker(program: Command): void {
  program
    .command('worker')
    .description(
      'work off the queue without serving pictures; MERGEPIX_* variables configure it as they do the service',
    )
    .option('--workspace <id>', 'do the jobs of this workspace only; may be repeated', collect)
    .action(async ({ workspace }: { readonly workspace?: readonly string[] }) => {
      keepHeapSmall();
      // Loaded when it is needed: the other commands should start without the service's libraries.
      const { closeOnSignals, startWorker } = await import('../../server/main.ts');
      const running = await startWorker(readConfig(process.env), { workspaces: workspace });
      closeOnSignals(running, (code) => process.exit(code));
      console.log(`Mergepix works off its queue; health and figures are at ${running.url}`);
    });
}
