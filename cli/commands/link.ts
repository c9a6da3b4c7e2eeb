import { type Command, InvalidArgumentError, Option } from 'commander';
import { AppError } from '../../core/errors.ts';
import { type DialectId, dialects } from '../../core/links/dialects/index.ts';
import { createLink } from '../../server/links/create.ts';
import { linkPolicy, whichOf } from '../../server/links/link.ts';
import { type WrittenLink, writeLink } from '../../server/links/write.ts';
import { collectPairs } from '../pairs.ts';
import { withServices } from '../services.ts';
import { VARIANT_OPTION } from '../template-argument.ts';

type Mode = 'contact' | 'merge';
type Options = {
  readonly platform?: DialectId;
  readonly connection?: string;
  readonly mode: Mode;
  readonly field: Readonly<Record<string, string>>;
  readonly open: Readonly<Record<string, string>>;
  readonly send?: string;
  readonly variant?: string;
  readonly workspace?: string;
  readonly json?: true;
};

const modes: readonly Mode[] = ['contact', 'merge'];
const pairs = collectPairs('first_name=FNAME');

/** `mergepix link`: registers a merge-tag link of a published template and prints what goes into the email. */
export function addLink(program: Command): void {
  program
    .command('link')
    .description('register a merge-tag link and print its address and its <img> block')
    .argument('<template>', 'the name of a published template')
    .addOption(
      new Option('--platform <platform>', 'who sends the email').choices(Object.keys(dialects)).conflicts('connection'),
    )
    .option('--connection <id>', "the connection it is for: its fields and its contacts' references are used")
    .addOption(new Option('--mode <mode>', 'where the values come from').choices(modes).default('contact'))
    .option('--field <field=tag>', "a template field and the platform's own name for it; may be repeated", pairs, {})
    .option('--open <field=tag>', 'a template field that the address carries, such as data of an event', pairs, {})
    .option('--send <marker>', 'a marker of this send, up to 60 letters or digits', parseMarker)
    .option(...VARIANT_OPTION)
    .option('--workspace <id>', 'where; the default workspace when absent')
    .option('--json', 'print the link as JSON')
    .action(async (template: string, options: Options) => {
      const written = await link(template, options);
      if (options.json) return console.log(JSON.stringify(written, null, 2));
      console.log([`link ${written.id}`, '', written.url, '', written.html].join('\n'));
      console.error(['', ...written.notes.map((sentence) => `note: ${sentence}`)].join('\n'));
    });
}

const link = (
  template: string,
  { platform, connection, mode, field, open, send, variant, workspace }: Options,
): Promise<WrittenLink> =>
  withServices(async (services, actor) => {
    const made = await createLink(services, actor, {
      ...{ template, version: null, variant, mode, formats: undefined, scale: undefined, scales: [] },
      ...sender(platform, connection),
      fields: { ...sources(field, mode === 'merge' ? 'open' : 'contact'), ...sources(open, 'open') },
      policy: linkPolicy.parse({}),
    });
    const published = await services.library.get(actor.workspace, template, whichOf(made));
    if (!published) throw new AppError('template_not_found', `${template} was taken back meanwhile: publish it again.`);
    return writeLink(services, made, published, { send });
  }, workspace);

function sender(platform: DialectId | undefined, connection: string | undefined) {
  if (connection !== undefined) return { connection };
  if (platform !== undefined) return { platform };
  throw new AppError('request_invalid', 'Say who sends the email: --platform, or --connection for one that is synced.');
}

const sources = (tags: Readonly<Record<string, string>>, from: 'open' | 'contact') =>
  Object.fromEntries(Object.entries(tags).map(([name, tag]) => [name, { from, tag }]));

/** Reads `--send`. Throws commander's own error for what is no marker. */
export function parseMarker(text: string): string {
  if (!/^[\p{L}\p{N}_.-]{1,60}$/u.test(text)) throw new InvalidArgumentError('Expected a marker such as spring-2026.');
  return text;
}
