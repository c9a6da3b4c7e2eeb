import { type Command, InvalidArgumentError } from 'commander';
import { AppError } from '../../core/errors.ts';
import type { PlaceTarget } from '../../integrations/connector.ts';
import type { Actor } from '../../server/access/roles.ts';
import { type Placing, placePicture } from '../../server/connections/place.ts';
import type { Services } from '../../server/services.ts';
import { findLink } from '../../server/stores/records/links.ts';
import { where } from '../connection-report.ts';
import { withServices } from '../services.ts';
import { VARIANT_OPTION } from '../template-argument.ts';
import { parseMarker } from './link.ts';

type Options = {
  readonly connection: string;
  readonly into: PlaceTarget;
  readonly send?: string;
  readonly href?: string;
  readonly variant?: string;
  readonly dryRun?: true;
  readonly workspace?: string;
  readonly json?: true;
};

/** `mergepix place`: puts a picture into an email on its platform and prints what changed in it. */
export function addPlace(program: Command): void {
  program
    .command('place')
    .description('put a picture into an email on its platform, in place of the one that stands there')
    .argument('<template-or-link>', 'a published template, or the id of a link that was made for the connection')
    .requiredOption('--connection <id>', 'the account the email is in')
    .requiredOption(
      '--into <what:id>',
      'template:ID, universal-content:ID, campaign:ID, campaign:ID/SECTION or flow-message:ID',
      parseTarget,
    )
    .option('--send <marker>', 'a marker of this send, up to 60 letters or digits', parseMarker)
    .option('--href <address>', 'where the picture leads')
    .option(...VARIANT_OPTION)
    .option('--dry-run', 'only print what would change')
    .option('--workspace <id>', 'where; the default workspace when absent')
    .option('--json', 'print it as JSON')
    .action(async (what: string, options: Options) => {
      const placing = await withServices((services, by) => place(services, by, what, options), options.workspace);
      if (options.json) return console.log(JSON.stringify(placing, null, 2));
      console.log(describe(placing, options).join('\n'));
      for (const note of placing.notes) console.error(`note: ${note}`);
    });
}

async function place(services: Services, by: Actor, what: string, options: Options): Promise<Placing> {
  const { connection, into, send, href, variant, dryRun = false } = options;
  const isLink = (await findLink(services.records, what))?.workspace === by.workspace;
  if (!isLink && !(await services.library.get(by.workspace, what, { channel: 'production' })))
    throw new AppError(
      'request_invalid',
      `${what} is neither a published template nor a link: give the name of the one or the id of the other.`,
    );
  if (isLink && variant !== undefined)
    throw new AppError('request_invalid', 'A link is of one size already: leave --variant out.');
  const order = { connection, into, send, href, dryRun };
  return placePicture(services, by, isLink ? { ...order, link: what } : { ...order, template: what, variant });
}

function describe({ link, changes, step }: Placing, { connection, dryRun, workspace }: Options): string[] {
  const differences = changes.flatMap(({ part, difference }) => [`--- ${part}`, difference, '']);
  const done = dryRun ? 'nothing was changed yet' : `placed link ${link}`;
  const summary = changes.length === 0 ? 'the picture stands there already' : done;
  if (!step) return [...differences, summary];
  return [
    ...[...differences, summary, ''],
    'Put a webhook step before the email of the flow, so that its picture is made by then:',
    ...[
      `URL: ${step.url}`,
      `Header: ${step.header}, with the secret that mergepix connection webhook ${connection}${where({ workspace })} shows`,
      'Body:',
      step.body,
    ],
  ];
}

const kinds = ['template', 'universal-content', 'flow-message', 'campaign'] as const;

function parseTarget(text: string): PlaceTarget {
  const [, kind, id, section] = /^([a-z-]+):([\w-]{1,64})(?:\/(.{1,100}))?$/.exec(text) ?? [];
  const known = kinds.find((each) => each === kind);
  if (known === undefined || id === undefined || (section !== undefined && known !== 'campaign'))
    throw new InvalidArgumentError('Expected template:ID, universal-content:ID, campaign:ID or flow-message:ID.');
  return known === 'campaign' ? { kind: known, id, section } : { kind: known, id };
}
