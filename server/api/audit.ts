import { z } from 'zod';
import type { Services } from '../services.ts';
import { listAudit } from '../stores/records/audit.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, paging, toMoment } from './parts.ts';

const entry = z
  .object({
    id: z.string(),
    at: moment,
    actor: z.string().meta({ description: 'The id of the person or key; `admin` for the installation.' }),
    action: z.string().meta({ example: 'template.published' }),
    subject: z.string().meta({ description: 'What it was done to.', example: 'summer-rewards-hero@2' }),
  })
  .meta({ id: 'AuditEntry' });

const filter = z.string().min(1).max(200).optional();

/** Who did what. */
export const auditOperations = ({ records }: Services): Operation[] => [
  operation({
    id: 'listAudit',
    scope: 'access:read',
    method: 'get',
    path: '/v1/audit',
    tag: 'Audit',
    summary: 'List who did what in this workspace, the newest first; nothing in it is ever changed',
    query: z.strictObject({ ...paging, action: filter, subject: filter, actor: filter }),
    answer: pageOf(entry),
    refuses: [],
    async run({ actor: { workspace }, query: { limit, after, ...wanted } }) {
      const found = await listAudit(records, { ...wanted, workspace, after, limit: limit + 1 });
      const shown = found.slice(0, limit);
      return {
        data: shown.map(({ id, at, actor, action, subject }) => ({ id, at: toMoment(at), actor, action, subject })),
        next: found.length > limit ? (shown.at(-1)?.id ?? null) : null,
      };
    },
  }),
];
