import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { Audience } from '../../integrations/connector.ts';
import type { Actor } from '../../server/access/roles.ts';
import { askPlatform } from '../../server/connections/ask.ts';
import { type Connection, readConnection } from '../../server/connections/connection.ts';
import {
  checkConnection,
  connectAccount,
  dropConnection,
  editConnection,
  heldConnection,
} from '../../server/connections/keep.ts';
import { checkKey, type GivenSettings, parseSettings } from '../../server/connections/order.ts';
import { type PlatformId, platforms } from '../../server/connections/platforms.ts';
import { unreachable } from '../../server/connections/reachable.ts';
import { surveyFields } from '../../server/connections/survey.ts';
import type { Services } from '../../server/services.ts';
import { listConnections } from '../../server/stores/records/connections.ts';
import { fieldsOf } from '../../server/templates/find-published.ts';
import { leftOut, nextSteps, printJson, shownConnection, tell, where } from '../connection-report.ts';
import { collectPairs } from '../pairs.ts';
import { readPlatformKey } from '../platform-key.ts';
import { withServices } from '../services.ts';
import { addWebhook } from '../webhook.ts';

type Where = { readonly workspace?: string; readonly json?: true };
type Settings = Where & {
  readonly keyFile?: string;
  readonly name?: string;
  readonly audience?: readonly string[];
  readonly map?: Readonly<Record<string, string>>;
  readonly referenceField?: string;
  readonly syncMinutes?: number;
  readonly warmSends?: boolean;
};

const PAGE = 100;

/** `mergepix connection`: accounts on platforms, beside a service that may be running. */
export function addConnection(program: Command): void {
  const connection = program
    .command('connection')
    .description('connect accounts on email platforms, and look after them');
  const command = (name: string, description: string): Command =>
    connection
      .command(name)
      .description(description)
      .option('--workspace <id>', 'where; the default workspace when absent')
      .option('--json', 'print it as JSON');
  const settable = (target: Command): Command =>
    target
      .option('--key-file <file>', 'the file with the API key; - for standard input')
      .option('--name <name>', "your own name for it; the account's when absent")
      .option('--audience <id>', 'a list or segment that is synced; may be repeated', collect)
      .option(
        '--map <field=tag>',
        "a template field and the platform's own name, besides those mapped already; nothing behind the = leaves the field out on purpose; may be repeated",
        collectPairs('first_name=FNAME', true),
      )
      .option('--reference-field <tag>', 'the field that contact references are written into')
      .addOption(new Option('--sync-minutes <minutes>', 'sync by itself so often').argParser(parseMinutes))
      .option(
        '--warm-sends',
        'make the pictures of planned campaigns before they go out, as long as nobody says otherwise',
      )
      .option('--no-warm-sends', 'leave the pictures of planned campaigns until they are asked for');

  settable(command('add', 'connect an account with its API key, which is tried first'))
    .addArgument(new Argument('<platform>', 'who sends the email').choices(Object.keys(platforms)))
    .action(add);
  settable(command('change', 'change what is given, or renew the API key'))
    .argument('<id>', 'a connection')
    .action(change);
  command('check', 'ask the platform whether a connection works, and what its key may not do')
    .argument('<id>', 'a connection')
    .action(check);
  command('list', 'list the connected accounts').action(list);
  command('audiences', 'list the lists and segments of an account').argument('<id>', 'a connection').action(audiences);
  command('fields', "list the fields of the platform's contacts, and how well they fill those of a template")
    .argument('<id>', 'a connection')
    .option('--template <name>', 'a published template')
    .action(fields);
  addWebhook(
    command('webhook', 'show what to enter on the platform so that it tells at once who changed; with its secret'),
  );
  command('remove', 'take a connection out; what was sent goes on showing its pictures')
    .argument('<id>', 'a connection')
    .action(remove);
}

async function add(platform: PlatformId, options: Settings): Promise<void> {
  const apiKey = await readPlatformKey(platform, options.keyFile);
  checkKey(platform, apiKey);
  await inWorkspace(options, async (services, by) => {
    const credentials = { kind: 'key', apiKey } as const;
    const { record, account } = await connectAccount(services, by, { platform, credentials, ...settingsOf(options) });
    const made = readConnection(record);
    if (options.json)
      return printJson({ ...shownConnection(made), accountName: account.name, missing: account.missing });
    console.log(`connection ${made.id}\n${platforms[platform].title} account ${account.name} (${account.id})`);
    tell([...account.missing, leftOut(made), unreachable(services)], nextSteps(made, options));
  });
}

async function change(id: string, options: Settings): Promise<void> {
  await inWorkspace(options, async (services, by) => {
    const { platform, mapping } = readConnection(await heldConnection(services, by.workspace, id));
    const apiKey = options.keyFile === undefined ? undefined : await readPlatformKey(platform, options.keyFile);
    if (apiKey !== undefined) checkKey(platform, apiKey);
    const credentials = apiKey === undefined ? undefined : ({ kind: 'key', apiKey } as const);
    // As with sync: what is mapped already stays.
    const settings = settingsOf({ ...options, ...(options.map && { map: { ...mapping, ...options.map } }) });
    const changed = readConnection(await editConnection(services, by, id, { ...settings, credentials }));
    if (options.json) return printJson(shownConnection(changed));
    console.log(`connection ${id} is changed`);
    tell([leftOut(changed)], nextSteps(changed, options));
  });
}

async function check(id: string, options: Where): Promise<void> {
  await inWorkspace(options, async (services, by) => {
    const record = await heldConnection(services, by.workspace, id);
    const account = await checkConnection(services, record);
    if (options.json) return printJson({ id, account: account.id, name: account.name, missing: account.missing });
    console.log(
      `connection ${id} works\n${platforms[record.platform as PlatformId].title} account ${account.name} (${account.id})`,
    );
    const checked = readConnection(record);
    tell([...account.missing, leftOut(checked), unreachable(services)], nextSteps(checked, options));
  });
}

async function list(options: Where): Promise<void> {
  await inWorkspace(options, async ({ records }, { workspace }) => {
    const all: Connection[] = [];
    for (let after: string | undefined; ; after = all.at(-1)?.id) {
      const page = await listConnections(records, { workspace, after, limit: PAGE });
      all.push(...page.map(readConnection));
      if (page.length < PAGE) break;
    }
    if (options.json) return printJson(all.map(shownConnection));
    if (all.length === 0)
      tell(
        ['No account is connected yet.'],
        [`mergepix connection add klaviyo --key-file klaviyo.key${where(options)}`],
      );
    for (const { id, platform, name, syncedFrom, error } of all) {
      const synced = syncedFrom === null ? 'not synced yet' : `synced ${new Date(syncedFrom).toISOString()}`;
      console.log([id, platform.padEnd(9), error ?? synced, name].join('  '));
    }
  });
}

async function audiences(id: string, options: Where): Promise<void> {
  await inWorkspace(options, async (services, by) => {
    const record = await heldConnection(services, by.workspace, id);
    const found = await askPlatform(services, record, async (connector, signal) => {
      const all: Audience[] = [];
      for await (const audience of connector.audiences(signal)) all.push(audience);
      return all;
    });
    if (options.json) return printJson(found);
    for (const { id, kind, name, contacts } of found)
      console.log([id, kind.padEnd(7), contacts === null ? name : `${name}, ${contacts} contacts`].join('  '));
  });
}

async function fields(id: string, { template, ...options }: Where & { readonly template?: string }): Promise<void> {
  await inWorkspace(options, async (services, by) => {
    const record = await heldConnection(services, by.workspace, id);
    const wanted = template === undefined ? undefined : await fieldsOf(services, by.workspace, template);
    const survey = await surveyFields(services, record, wanted);
    if (options.json) return printJson(survey);
    if (!wanted) for (const { tag, type, title } of survey.fields) console.log([type.padEnd(7), tag, title].join('  '));
    for (const { field, tag, isMapped, coverage } of survey.template) {
      const mapped = tag === '' ? 'nothing: left out on purpose' : tag;
      const from = mapped === null ? 'nothing seems to be meant for it' : `${mapped}${isMapped ? '' : ' (suggested)'}`;
      console.log([`${field} <- ${from}`, ...(coverage ? [coverage.sentence] : [])].join('  '));
    }
    const suggested = survey.template.filter(
      ({ tag, isMapped, coverage }) => tag !== null && !isMapped && (survey.contacts === 0 || coverage?.filled !== 0),
    );
    const mapped = suggested.map(({ field, tag }) => `--map ${field}='${tag}'`).join(' ');
    tell([], suggested.length > 0 ? [`mergepix sync ${id} ${mapped}${where(options)}`] : []);
  });
}

async function remove(id: string, options: Where): Promise<void> {
  await inWorkspace(options, async (services, by) => {
    await dropConnection(services, by, id);
    if (options.json) return printJson({ id });
    console.log(`connection ${id} is removed`);
  });
}

const inWorkspace = (
  { workspace }: Where,
  use: (services: Services, by: Pick<Actor, 'workspace' | 'id'>) => Promise<void>,
): Promise<void> => withServices(use, workspace);

const settingsOf = ({ name, audience, map, referenceField, syncMinutes, warmSends }: Settings): GivenSettings =>
  parseSettings({ name, audiences: audience, mapping: map, referenceField, syncMinutes, warmSends });

const collect = (entry: string, before: readonly string[] = []): readonly string[] => [...before, entry];

function parseMinutes(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < 15 || Number(text) > 10_080)
    throw new InvalidArgumentError('Expected a whole number from 15 to 10080.');
  return Number(text);
}
