import { type Command, Option } from 'commander';
import { AppError } from '../../core/errors.ts';
import type { Actor } from '../../server/access/roles.ts';
import { contactKeys } from '../../server/contacts/contact.ts';
import { eraseContact } from '../../server/erasure/contact.ts';
import { eraseSubject } from '../../server/erasure/subject.ts';
import type { Services } from '../../server/services.ts';
import { findContactByKey } from '../../server/stores/records/contacts.ts';
import { withServices } from '../services.ts';

type Options = {
  readonly contact?: string;
  readonly key?: string;
  readonly subject?: string;
  readonly workspace?: string;
};

/** `mergepix erase`: leaves nothing of a contact, or of what was made about a subject; a running service follows. */
export function addErase(program: Command): void {
  const others = ['contact', 'key', 'subject'];
  const one = (flags: string, description: string) => {
    const option = new Option(flags, description);
    return option.conflicts(others.filter((name) => name !== option.name()));
  };
  program
    .command('erase')
    .description('erase a contact, or everything made about a subject, for good')
    .addOption(one('--contact <id>', 'the id of a contact'))
    .addOption(one('--key <key>', 'your own id of a contact'))
    .addOption(one('--subject <subject>', 'whom pictures were made about'))
    .option('--workspace <id>', 'where; the default workspace when absent')
    .action(async (options: Options) =>
      console.log(await withServices((services, by) => erase(services, by, options), options.workspace)),
    );
}

async function erase(services: Services, by: Actor, { contact, key, subject }: Options): Promise<string> {
  if (subject !== undefined) {
    const { pictures, renders, rows } = await eraseSubject(services, by, subject);
    return `erased ${pictures} pictures, ${renders} renders and ${rows} rows of batches`;
  }
  const id = key === undefined ? contact : await findByKey(services, by.workspace, key);
  if (id === undefined) throw new AppError('request_invalid', 'Say what to erase: --contact, --key or --subject.');
  await eraseContact(services, by, id);
  return `erased contact ${id}`;
}

async function findByKey({ records, encryption }: Services, workspace: string, key: string): Promise<string> {
  const found = await findContactByKey(records, workspace, contactKeys(encryption, workspace, key));
  if (!found) throw new AppError('contact_not_found', 'There is no contact with that key: it may be erased already.');
  return found.id;
}
