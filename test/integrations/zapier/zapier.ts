import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Zapier from '../../../integrations/zapier/node_modules/zapier-platform-core/types/index.d.ts';
import { startTestService, type TestService } from '../../e2e/service.ts';
import { startFakeZapier } from '../../fakes/zapier.ts';

/** What Zapier offers a running step; one for all tests of a file, since its library looks for it once, when it is loaded. */
export const zapier = await startFakeZapier();
process.env.ZAPIER_BASE_ENDPOINT = zapier.url;
process.env.ZAPIER_DEPLOY_KEY = 'a-deploy-key';
process.env.MERGEPIX_ALLOW_LOOPBACK = '127.0.0.1';

type Core = typeof Zapier & { createAppHandler(app: object): (event: object) => Promise<{ results: never }> };
// The library belongs to the app, which is a package of its own.
const core = createRequire(new URL('../../../integrations/zapier/package.json', import.meta.url))(
  'zapier-platform-core',
) as Core;

/** The app. */
export const { default: app } = await import('../../../integrations/zapier/src/index.ts');

type StepBundle = {
  readonly authData: Record<string, string>;
  readonly inputData?: Record<string, unknown>;
  readonly meta?: Record<string, unknown>;
  readonly [other: string]: unknown;
};
const tester = core.createAppTester(app);

/**
 * Runs a step as Zapier does, by where it stands in the app: `runStep('creates.generate_image.operation.perform', {authData,
 * inputData})`, or `….inputFields` for the form.
 */
export function runStep<Result = never>(path: string, { inputData = {}, meta, ...rest }: StepBundle): Promise<Result> {
  const step = path.split('.').reduce<unknown>((within, name) => (within as Record<string, unknown>)?.[name], app);
  const bundle = { ...rest, inputData, meta: { page: 0, limit: -1, isLoadingSample: false, ...meta } };
  return tester(step as () => Result, bundle);
}

/** Runs a command of Zapier's, such as `{command: 'validate'}`, or a step with an event of one's own. */
export const runCommand = async (event: object): Promise<never> => (await core.createAppHandler(app)(event)).results;

/**
 * Runs an action that is called back, and goes on as Zapier does once something is posted to its address: gives what it said at first and in
 * the end; only one thing when it did not wait.
 */
export async function runWaiting<Result>(
  action: string,
  { authData, inputData }: Pick<StepBundle, 'authData' | 'inputData'>,
): Promise<Result[]> {
  const { url, posted } = zapier.awaitCallback();
  const run = `creates.${action}.operation`;
  const meta = { page: 0, limit: -1, isLoadingSample: false };
  const event = {
    command: 'execute',
    method: `${run}.perform`,
    bundle: { authData, inputData, meta },
    callback_url: url,
  };
  const answer = (await core.createAppHandler(app)(event)) as { results: Result; status?: string };
  if (answer.status !== 'CALLBACK') return [answer.results];
  const { body } = await posted;
  const outputData = answer.results as object;
  return [
    answer.results,
    await runStep<Result>(`${run}.performResume`, {
      authData,
      inputData: inputData ?? {},
      outputData,
      cleanedRequest: body,
    }),
  ];
}

/** The key that docs/zapier.md has people make. */
const page = readFileSync(new URL('../../../docs/zapier.md', import.meta.url), 'utf8');
const keyOrder = JSON.parse(/ -d '(\{[^']+\})'/.exec(page)?.[1] ?? '') as { scopes: string[] };

/** A service with a connection to it, made with a key as docs/zapier.md has it. */
export async function startConnected(env: Record<string, string> = {}) {
  const service = await startTestService(env);
  return { service, authData: await connect(service) };
}

/** What a new connection to a service holds; with scopes of its own the key may do no more than those. */
export async function connect(service: TestService, scopes: readonly string[] = keyOrder.scopes) {
  const made = await service.api('POST', '/v1/keys', { ...keyOrder, scopes });
  return { base_url: service.url, api_key: (made.body as { key: string }).key };
}
