import { type Command, InvalidArgumentError, Option } from 'commander';
import { AppError } from '../../core/errors.ts';
import { type DialectId, dialects } from '../../core/links/dialects/index.ts';
import { createLink, type Placed, placeLink } from '../../server/links/create.ts';
import { linkPolicy } from '../../server/links/link.ts';
import { withServices } from '../services.ts';

type Mode = 'contact' | 'merge';
type Options = {
  readonly platform: DialectId;
  readonly mode: Mode;
  readonly field: Readonly<Record<string, string>>;
  readonly send?: string;
  readonly json?: true;
};

const modes: readonly Mode[] = ['contact', 'merge'];

/** `mergepix link`: registers a merge-tag link of a published template and prints what goes into the email. */
export function addLink(program: Command): void {
  program
    .command('link')
    .description('register a merge-tag link and print its address and its <img> block')
    .argument('<template>', 'the name of a published template')
    .addOption(
      new Option('--platform <platform>', 'who sends the email').choices(Object.keys(dialects)).makeOptionMandatory(),
    )
    .addOption(new Option('--mode <mode>', 'where the values come from').choices(modes).default('contact'))
    .option('--field <field=tag>', "a template field and the platform's own name for it; may be repeated", collect, {})
    .option('--send <marker>', 'a marker of this send, up to 60 letters or digits', parseMarker)
    .option('--json', 'print the link as JSON')
    .action(async (template: string, options: Options) => {
      const placed = await link(template, options);
      if (options.json) return console.log(JSON.stringify(placed, null, 2));
      console.log([`link ${placed.id}`, '', placed.url, '', placed.html].join('\n'));
      const notes = [...unreachable(placed.url), ...placed.notes];
      console.error(['', ...notes.map((sentence) => `note: ${sentence}`)].join('\n'));
    });
}

const link = (template: string, { platform, mode, field, send }: Options): Promise<Placed> =>
  withServices(async (services, actor) => {
    const from = mode === 'merge' ? 'open' : 'contact';
    const made = await createLink(services, actor, {
      ...{ template, version: null, platform, mode, formats: undefined, scale: undefined, scales: [] },
      fields: Object.fromEntries(Object.entries(field).map(([name, tag]) => [name, { from, tag }])),
      policy: linkPolicy.parse({}),
    });
    const published = await services.library.get(actor.workspace, template, { channel: 'production' });
    if (!published) throw new AppError('template_not_found', `${template} was taken back meanwhile: publish it again.`);
    return placeLink(services, made, published, send);
  });

function unreachable(url: string): readonly string[] {
  if (url.startsWith('https:')) return [];
  return [`No recipient can open ${new URL(url).origin}: set MERGEPIX_PUBLIC_URL to its public https address first.`];
}

function collect(entry: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, tag] = /^([^=]+)=(.+)$/.exec(entry) ?? [];
  if (name === undefined || tag === undefined)
    throw new InvalidArgumentError('Expected a pair such as first_name=FNAME.');
  return { ...before, [name]: tag };
}

function parseMarker(text: string): string {
  if (!/^[\p{L}\p{N}_.-]{1,60}$/u.test(text)) throw new InvalidArgumentError('Expected a marker such as spring-2026.');
  return text;
}
