import type { Command } from 'commander';
import { rotateKeys } from '../../server/access/rotate.ts';
import { withServices } from '../services.ts';

/** `mergepix keys`: seals what is kept under older encryption keys anew. */
export function addKeys(program: Command): void {
  program
    .command('keys')
    .description('look after the keys')
    .command('rotate')
    .description('seal everything kept under older encryption keys anew, with the first one')
    .action(async () => {
      const { renewed, closed, retired } = await withServices((services) => rotateKeys(services, Date.now()));
      console.log(`${renewed} sealed anew`);
      if (closed > 0) {
        console.error(
          `note: ${closed} could not be opened: give their keys in MERGEPIX_ENCRYPTION_KEYS and run this again.`,
        );
        process.exitCode = 1;
      } else if (retired.length > 0) {
        console.log(`nothing needs ${retired.join(', ')} any more: take it out of MERGEPIX_ENCRYPTION_KEYS`);
      }
    });
}
