import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const kubernetes = join(root, 'examples/deploy/kubernetes');

/** The absolute path of a file of the repository, by its path from the root. */
export const fileAt = (path: string): string => join(root, path);

/** Its text. */
export const textAt = (path: string): string => readFileSync(fileAt(path), 'utf8');

/** What compose.yaml says of a service, as far as the tests look at it. */
export type ComposeService = {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly deploy?: { readonly replicas: number };
};

/** compose.yaml, with what it merges merged. */
export const compose = parse(textAt('examples/deploy/compose.yaml'), { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
};

/** An object of Kubernetes; what is in it depends on its kind. */
// biome-ignore lint/suspicious/noExplicitAny: what each kind holds is Kubernetes' to say
export type Resource = Readonly<Record<string, any>>;

/** Every object that the kustomization applies. */
export const resources: readonly Resource[] = readdirSync(kubernetes)
  .filter((name) => name !== 'kustomization.yaml')
  // Kubernetes reads YAML as it was before 1.2.
  .flatMap((name) => parseAllDocuments(readFileSync(join(kubernetes, name), 'utf8'), { version: '1.1' }))
  .map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as Resource;
  });

/** Those of a kind. */
export const ofKind = (...kinds: string[]): Resource[] => resources.filter(({ kind }) => kinds.includes(kind));

/** An instruction of the Dockerfile and what follows it, lines joined. */
export const instructions: readonly (readonly [name: string, rest: string])[] = textAt('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    return [name, rest.replace(/\s+/g, ' ')] as const;
  });

/** What follows every instruction of this name. */
export const instructed = (wanted: string): string[] =>
  instructions.filter(([name]) => name === wanted).map(([, rest]) => rest);

/** The command of the image's health check. */
export const healthCheck = (): string[] =>
  JSON.parse(/CMD (\[.*\])$/.exec(instructed('HEALTHCHECK')[0] ?? '')?.[1] ?? '');

/** Has the secrets made in a new folder, as the documents say. */
export function makeSecrets(): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'mergepix-')), 'secrets');
  execFileSync(process.execPath, [fileAt('examples/deploy/secrets.mjs'), folder]);
  return folder;
}

/** Variables with secrets read from a folder of this machine instead of the container's. */
export const withSecrets = (
  env: Readonly<Record<string, string>>,
  from: string,
  folder: string,
): Record<string, string> =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace(from, folder)]));
