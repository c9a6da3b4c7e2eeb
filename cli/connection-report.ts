import { type Connection, mappedTags } from '../server/connections/connection.ts';
import { platforms } from '../server/connections/platforms.ts';

/** A connection without what opens it, as JSON shows it. */
export const shownConnection = ({
  id,
  platform,
  name,
  account,
  referenceField,
  audiences,
  mapping,
  syncMinutes,
  warmSends,
  error,
}: Connection) => ({
  ...{ id, platform, name, account, referenceField, audiences, mapping, syncMinutes, warmSends, error },
});

/** What a command printed for another workspace than the default one ends with. */
export const where = ({ workspace }: { readonly workspace?: string | undefined }): string =>
  workspace === undefined ? '' : ` --workspace ${workspace}`;

/** Commands that bring a connection further, in the workspace that was asked for. */
export function nextSteps(
  connection: Connection,
  asked: { readonly workspace?: string | undefined },
): readonly string[] {
  const { id, platform, audiences } = connection;
  const { needsAudience, dialect } = platforms[platform];
  const [field, tag] = Object.entries(dialect.usualTags)[0] ?? [];
  const steps = [
    ...(needsAudience && audiences.length === 0
      ? [`mergepix connection audiences ${id}`, `mergepix connection change ${id} --audience <id>`]
      : []),
    // Nothing else tells of a tag that is misspelt.
    mappedTags(connection).length === 0
      ? `mergepix connection change ${id} --map ${field}=${tag}`
      : `mergepix connection fields ${id} --template <name>`,
    `mergepix sync ${id}`,
  ];
  return steps.map((step) => step + where(asked));
}

/** The fields that a connection leaves out on purpose, if any, as a sentence. */
export function leftOut({ mapping }: Pick<Connection, 'mapping'>): string | undefined {
  const fields = Object.keys(mapping).filter((field) => mapping[field] === '');
  return fields.length === 0 ? undefined : `Left out on purpose: ${fields.join(', ')}.`;
}

/** Prints notes and commands beside the result, so that a script reads that alone. */
export function tell(notes: readonly (string | undefined)[], steps: readonly string[]): void {
  for (const note of notes) if (note !== undefined) console.error(`note: ${note}`);
  for (const step of steps) console.error(`next: ${step}`);
}

/** Prints a result for scripts. */
export const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 2));
