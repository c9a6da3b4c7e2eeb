import { AppError } from '../../core/errors.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import type { Actor } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { findHead } from '../stores/records/channels.ts';
import { addVersion, type VersionRecord } from '../stores/records/templates.ts';

/**
 * Checks a template document and keeps it as the next draft of its name. Throws `template_invalid` with all faults,
 * `template_revoked` for a name that was.
 */
export async function addDraft(
  { records }: Pick<Services, 'records'>,
  { workspace, id: by }: Pick<Actor, 'workspace' | 'id'>,
  json: unknown,
): Promise<VersionRecord> {
  const template = parseTemplate(json);
  const { name } = template;
  if ((await findHead(records, workspace, name))?.isRevoked) throw revoked(name);
  const now = Date.now();
  // With every default written out: a later release with other defaults must not change this version.
  const document = JSON.stringify(template);
  const record = await addVersion(records, { workspace, name, document, by, now });
  await audit(records, {
    workspace,
    actor: by,
    action: 'template.drafted',
    subject: `${name}@${record.version}`,
    now,
  });
  return record;
}

/** What is thrown for a template whose links were all taken back. */
export const revoked = (name: string): AppError =>
  new AppError('template_revoked', `The template ${name} is revoked for good: use another name for a new one.`);
