import type { FormatName } from '../../core/template/output.ts';
import type { Values } from '../../core/template/value.ts';
import type { Encryption } from '../access/encryption.ts';
import type { SealedRecord } from '../stores/records/sealed.ts';

/** A sealed picture, opened: its values stay on our side and its address names it by id. */
export type Sealed = {
  readonly workspace: string;
  readonly template: string;
  readonly version: number;
  readonly variant: string | undefined;
  readonly values: Values;
  readonly format: FormatName;
  readonly scale: number;
  /** A keyed digest of whom it is about. */
  readonly subject: string | null;
  readonly isRevoked: boolean;
  /** In ms since 1970; null for ever. */
  readonly expiresAt: number | null;
};

const contextOf = (workspace: string, id: string) => `sealed:${workspace}:${id}`;

/** Seals complete values for their record, and for no other. */
export const sealValues = (encryption: Encryption, workspace: string, id: string, values: Values): string =>
  encryption.seal(JSON.stringify(values), contextOf(workspace, id));

/** Opens a sealed picture's record. Throws `config_invalid` when its key is not configured any more. */
export const openSealed = (encryption: Encryption, record: SealedRecord): Sealed => ({
  workspace: record.workspace,
  template: record.template,
  version: record.version,
  variant: record.variant ?? undefined,
  // Erased, it has none.
  values:
    record.values === ''
      ? {}
      : (JSON.parse(encryption.open(record.values, contextOf(record.workspace, record.id))) as Values),
  format: record.format as FormatName,
  scale: record.scale,
  subject: record.subject,
  isRevoked: record.revoked_at !== null,
  expiresAt: record.expires_at,
});
