import type { Command } from 'commander';
import { AppError, type Fault, nearest } from '../../core/errors.ts';
import { signReference } from '../../core/links/reference.ts';
import { type KeptContact, putContacts } from '../../server/contacts/keep-many.ts';
import type { Services } from '../../server/services.ts';
import { type ContactRow, createContactReader } from '../contact-rows.ts';
import { FAILED, faultLine } from '../failure.ts';
import { writeWhole } from '../output-file.ts';
import { createProgress } from '../progress.ts';
import { checkReferenceFile, createReferenceList } from '../reference-list.ts';
import { readRows, surveyRows } from '../rows.ts';
import { withServices } from '../services.ts';

type Options = {
  readonly key: string;
  readonly out: string;
  readonly column: string;
  readonly workspace?: string;
  readonly json?: true;
};

/** What came of a file; `failures` end after 10,000 rows, counts do not. Nothing quotes a value. */
type Report = Record<KeptContact['done'] | 'rows' | 'failed' | 'references', number> & {
  readonly failures: readonly { readonly row: number; readonly faults: readonly Fault[] }[];
};

const AT_ONCE = 100;
const MOST_ENTRIES = 10_000;
const MOST_LISTED = 20;

/** `mergepix contacts`: keeps the rows of a file as contacts and writes their references. Exit code 1 when a row failed. */
export function addContacts(program: Command): void {
  program
    .command('contacts')
    .description(
      'keep every row of a CSV or JSON file as a contact, and write the references for the platform to import',
    )
    .argument('<file>', 'a .csv file with a header, or a .json file with an array of objects')
    .requiredOption('--key <column>', 'column with your own id of the contact, the same whenever you run it')
    .requiredOption('--out <file>', 'where the CSV file with the key and the reference of each contact goes')
    .option('--column <name>', 'what the column of references is called', 'mergepix')
    .option('--workspace <id>', 'where; the default workspace when absent')
    .option('--json', 'print the report as JSON')
    .action(async (file: string, options: Options) => {
      const report = await keepFile(file, options);
      console.log(options.json ? JSON.stringify(report, null, 2) : readable(report, options));
      if (report.failed > 0) process.exitCode = FAILED;
    });
}

async function keepFile(file: string, options: Options): Promise<Report> {
  const { key, column, out } = options;
  if (column.trim() === '' || column === key)
    throw new AppError('request_invalid', 'Give --column a name that is not the one of the key.');
  const { total, columns } = await surveyRows(file);
  checkKeyColumn(file, key, columns);
  await checkReferenceFile(out, key, column);
  return withServices(async (services, { workspace }) => {
    const bar = createProgress(total, 'contacts');
    try {
      return await keepRows(services, workspace, file, options, bar.advance);
    } finally {
      bar.stop();
    }
  }, options.workspace);
}

async function keepRows(
  services: Services,
  workspace: string,
  file: string,
  { key, column, out }: Options,
  onRow: () => void,
): Promise<Report> {
  const counts = { rows: 0, added: 0, changed: 0, unchanged: 0, failed: 0 };
  const failures: Report['failures'][number][] = [];
  const list = createReferenceList(key, column);
  // A file that the platform gave may have the references already.
  const read = createContactReader(key, [column]);
  let waiting: ContactRow[] = [];
  const keepWaiting = async () => {
    const kept = await putContacts(
      services,
      workspace,
      waiting.map(({ order }) => order),
    );
    for (const [i, { id, done }] of kept.entries()) {
      counts[done]++;
      list.add(waiting[i]?.cell ?? '', signReference(id, services.signingKeys[0]));
      onRow();
    }
    waiting = [];
  };
  for await (const row of readRows(file)) {
    counts.rows++;
    const contact = read(row);
    if ('order' in contact) waiting.push(contact);
    else {
      counts.failed++;
      if (failures.length < MOST_ENTRIES) failures.push({ row: row.number, faults: contact });
      onRow();
    }
    if (waiting.length === AT_ONCE) await keepWaiting();
  }
  await keepWaiting();
  await writeWhole(out, list.bytes());
  return { ...counts, references: list.count(), failures };
}

function checkKeyColumn(file: string, key: string, columns: readonly string[]): void {
  if (columns.length === 0 || columns.includes(key)) return;
  const near = nearest(key, columns);
  const hint = near ? `: did you mean ${near}?` : ': choose the one with your own id of the contact.';
  throw new AppError('data_invalid', `There is no column ${key} in ${file}${hint}`);
}

function readable({ rows, added, changed, unchanged, failed, references, failures }: Report, options: Options): string {
  const listed = failures.slice(0, MOST_LISTED);
  return [
    `${rows} rows: ${added} added, ${changed} changed, ${unchanged} unchanged, ${failed} failed`,
    ...listed.flatMap(({ row, faults }) => [`row ${row} failed:`, ...faults.map(faultLine)]),
    ...(failed > listed.length ? [`and ${failed - listed.length} more failed rows, see --json`] : []),
    `${references} references are in ${options.out}: import its column ${options.column} into the platform's reference field`,
  ].join('\n');
}
