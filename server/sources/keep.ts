import { AppError, type Fault } from '../../core/errors.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Actor } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { findSource, removeSource, type SourceRecord, saveSource } from '../stores/records/sources.ts';
import { type Definition, openSource, placeFaults, type Source, sealSecrets, subjectOf } from './definition.ts';

type Keeping = Pick<Services, 'records' | 'encryption' | 'changes'>;

const missing = (name: string) =>
  new AppError('source_not_found', `There is no source ${name}: look at GET /v1/sources.`);

/** The source of that name in a workspace. Throws `source_not_found`. */
export async function readSource({ records }: Pick<Services, 'records'>, workspace: string, name: string) {
  const record = await findSource(records, workspace, name);
  if (!record) throw missing(name);
  return record;
}

/**
 * Keeps a source in the place of the one of its name; without `secrets` it keeps those that one has, as long as they go
 * where they went: nobody reads them by having them sent to a host of their own. Throws `request_invalid` for that, and for
 * places of the address and paths that cannot be used.
 */
export async function keepSource(
  { records, encryption, changes }: Keeping,
  { workspace, id: actor }: Actor,
  name: string,
  definition: Definition,
  secrets: Source['secrets'] | undefined,
): Promise<SourceRecord> {
  const { pathFault } = await import('./mapping.ts');
  const mapFaults = Object.entries(definition.map).flatMap(([field, path]): Fault[] => {
    const message = pathFault(path);
    return message === undefined ? [] : [{ path: `map.${field}`, message }];
  });
  const now = Date.now();
  const document = JSON.stringify(definition);
  const kept = await records.transaction().execute(async (db) => {
    const before = await findSource(db, workspace, name);
    const used = secrets ?? (before ? openSource(encryption, before).secrets : {});
    const faults = [...placeFaults(definition, used), ...mapFaults];
    if (!secrets && before && Object.keys(used).length > 0 && originOf(before.definition) !== originOf(document))
      faults.push({ path: 'secrets', message: 'were given for another host: send them again with the new url' });
    if (faults.length > 0)
      throw new AppError('request_invalid', 'Something in the source cannot be used: mend what is listed.', { faults });
    const isSame = before?.definition === document;
    const kept = {
      workspace,
      name,
      definition: document,
      secrets: sealSecrets(encryption, { workspace, name, secrets: used }),
      version: (before?.version ?? 0) + (isSame ? 0 : 1),
      changed_by: actor,
      changed_at: now,
    };
    await saveSource(db, kept);
    return kept;
  });
  await audit(records, { workspace, actor, action: 'source.changed', subject: name, now });
  await changes.tell('source', subjectOf(kept));
  return kept;
}

const originOf = (document: string): string => new URL((JSON.parse(document) as Definition).url).origin;

/** Removes a source, with all it ever answered: templates that read it show their fallbacks. Throws `source_not_found`. */
export async function dropSource({ records, changes }: Keeping, { workspace, id: actor }: Actor, name: string) {
  if (!(await removeSource(records, workspace, name))) throw missing(name);
  await audit(records, { workspace, actor, action: 'source.removed', subject: name, now: Date.now() });
  await changes.tell('source', subjectOf({ workspace, name }));
}

/** What a template reads and the workspace's sources do not give, as faults that keep it from being published. */
export async function sourceFaults(
  { records, encryption }: Pick<Services, 'records' | 'encryption'>,
  workspace: string,
  template: Template,
): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const [name, { from, params, fallback }] of Object.entries(template.sources)) {
    const path = `sources.${name}`;
    const record = await findSource(records, workspace, from);
    if (!record) {
      faults.push({ path: `${path}.from`, message: `there is no source ${from}: PUT it to /v1/sources/${from}` });
      continue;
    }
    const { map, params: known } = openSource(encryption, record).definition;
    for (const field of Object.keys(fallback))
      if (!Object.hasOwn(map, field))
        faults.push({ path: `${path}.fallback.${field}`, message: `is nothing the source ${from} gives` });
    for (const param of Object.keys(params))
      if (!Object.hasOwn(known, param))
        faults.push({ path: `${path}.params.${param}`, message: `is no parameter of the source ${from}` });
  }
  return faults;
}
