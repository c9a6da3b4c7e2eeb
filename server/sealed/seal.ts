import { nanoid } from 'nanoid';
import { signToken } from '../../core/links/token.ts';
import { buildImagePath } from '../../core/links/url.ts';
import { type FormatName, outputs } from '../../core/template/output.ts';
import type { Encryption } from '../access/encryption.ts';
import type { Drawing } from '../image/pictures.ts';
import type { Services } from '../services.ts';
import type { Records } from '../stores/records/index.ts';
import { addSealed } from '../stores/records/sealed.ts';
import { sealValues } from './sealed.ts';

/**
 * Keeps complete values on our side and gives the id and the address of their picture. A `subject` (whom the picture is about) is
 * kept as a keyed digest, for finding everything about somebody again.
 */
export async function sealDrawing(
  services: Pick<Services, 'records' | 'encryption' | 'signingKeys' | 'publicUrl'>,
  drawing: Drawing,
  subject: string | undefined,
): Promise<{ id: string; url: string }> {
  const { records, encryption } = services;
  const digest = subject === undefined ? null : subjectDigest(encryption, drawing.published.workspace, subject);
  const id = await keepDrawing(records, encryption, drawing, digest);
  return { id, url: sealedUrl(services, id, drawing.format) };
}

/** Keeps complete values under an id, a new one when none is given, with what is kept of their subject. */
export async function keepDrawing(
  db: Records,
  encryption: Encryption,
  { published, values, format, scale }: Drawing,
  subject: string | null,
  id = nanoid(16),
): Promise<string> {
  const { workspace, name, version, variant = null } = published;
  await addSealed(db, {
    id,
    workspace,
    template: name,
    version,
    variant,
    subject,
    values: sealValues(encryption, workspace, id, values),
    format,
    scale,
    created_at: Date.now(),
    expires_at: null,
    revoked_at: null,
  });
  return id;
}

/** What is kept of a subject, and what may have been kept of it under older keys. */
export const subjectDigests = (encryption: Encryption, workspace: string, subject: string): readonly string[] =>
  encryption.fingerprints(subject, `subject:${workspace}`);

/** What is kept of a subject. */
export const subjectDigest = (encryption: Encryption, workspace: string, subject: string): string | null =>
  subjectDigests(encryption, workspace, subject)[0] ?? null;

/** The address of the page of a sealed picture, for passing on. */
export const shareUrl = ({ signingKeys, publicUrl }: Pick<Services, 'signingKeys' | 'publicUrl'>, id: string): string =>
  `${publicUrl}/p/${signToken({ kind: 'sealed', id }, signingKeys[0])}`;

/** The address of a sealed picture. */
export function sealedUrl(
  { signingKeys, publicUrl }: Pick<Services, 'signingKeys' | 'publicUrl'>,
  id: string,
  format: FormatName,
): string {
  const token = signToken({ kind: 'sealed', id }, signingKeys[0]);
  return publicUrl + buildImagePath({ token, format: outputs[format].extension, open: {} });
}
