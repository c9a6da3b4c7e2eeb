import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { NAME } from '../../core/template/parts.ts';
import type { Actor } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { type AuditEntry, audit } from '../stores/records/audit.ts';
import { DEFAULT_WORKSPACE } from '../stores/records/index.ts';
import {
  addWorkspace,
  closeWorkspace,
  findWorkspace,
  listWorkspaces,
  renameWorkspace,
  type WorkspaceRecord,
} from '../stores/records/workspaces.ts';
import { changeSettings } from '../workspaces/keep.ts';
import { readSettings, settings, settingsChange } from '../workspaces/settings.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, paging, toMoment } from './parts.ts';

const id = z
  .string()
  .regex(new RegExp(`^${NAME}$`), 'expected lower-case letters, digits and dashes, such as north-wind')
  .meta({ description: 'The id of a workspace.', example: 'north-wind' });
const name = z.string().min(1).max(100).meta({ example: 'North Wind' });
const params = z.strictObject({ id });

const workspace = z
  .object({ id, name, createdAt: moment, closedAt: moment.nullable() })
  .meta({ id: 'Workspace', description: 'One brand or client: nothing in it is seen from another.' });

const show = ({ id, name, created_at, closed_at }: WorkspaceRecord): z.output<typeof workspace> => ({
  id,
  name,
  createdAt: toMoment(created_at),
  closedAt: closed_at === null ? null : toMoment(closed_at),
});

const own = z.object({ id, name, settings }).meta({ id: 'OwnWorkspace' });

/** The operator's list of workspaces, and everybody's own one. */
export const workspaceOperations = (services: Services): Operation[] => {
  const { records } = services;
  const find = async (id: string): Promise<WorkspaceRecord> => {
    const record = await findWorkspace(records, id);
    if (!record || record.closed_at !== null) throw new AppError('not_found', 'There is no open workspace of that id.');
    return record;
  };
  // The installation's own key opens every bucket it can: who may use which is for whoever holds it to say.
  const refuseBuckets = async (actor: Actor, wanted: readonly string[] = []): Promise<void> => {
    if (actor.isOperator) return;
    const { s3Buckets } = await services.settings.get(actor.workspace);
    if (wanted.every((bucket) => s3Buckets.includes(bucket))) return;
    throw new AppError(
      'forbidden',
      "Have buckets allowed with the installation's own admin key; yours takes them out.",
    );
  };
  const noteDown = (actor: string, action: AuditEntry['action'], workspace: string) =>
    audit(records, { workspace, actor, action, subject: workspace, now: Date.now() });

  return [
    operation({
      id: 'createWorkspace',
      scope: 'access:write',
      isOperators: true,
      method: 'post',
      path: '/v1/workspaces',
      tag: 'Workspaces',
      summary: 'Make a workspace; act in it with the header Mergepix-Workspace',
      body: z.strictObject({ id, name }).meta({ id: 'WorkspaceOrder' }),
      answer: workspace,
      status: 201,
      refuses: ['workspace_conflict'],
      async run({ actor, body }) {
        if (!(await addWorkspace(records, { ...body, now: Date.now() }))) {
          throw new AppError('workspace_conflict', `The id ${body.id} is taken: choose another one.`);
        }
        await services.changes.tell('workspace', body.id);
        await noteDown(actor.id, 'workspace.created', body.id);
        return show(await find(body.id));
      },
    }),
    operation({
      id: 'listWorkspaces',
      scope: 'access:read',
      isOperators: true,
      method: 'get',
      path: '/v1/workspaces',
      tag: 'Workspaces',
      summary: 'List the workspaces, closed ones too',
      query: z.strictObject(paging),
      answer: pageOf(workspace),
      refuses: [],
      async run({ query: { after, limit } }) {
        const found = await listWorkspaces(records, { after, limit: limit + 1 });
        const shown = found.slice(0, limit);
        return { data: shown.map(show), next: found.length > limit ? (shown.at(-1)?.id ?? null) : null };
      },
    }),
    operation({
      id: 'renameWorkspace',
      scope: 'access:write',
      isOperators: true,
      method: 'patch',
      path: '/v1/workspaces/{id}',
      tag: 'Workspaces',
      summary: 'Give a workspace another name',
      params,
      body: z.strictObject({ name }).meta({ id: 'WorkspaceName' }),
      answer: workspace,
      refuses: ['not_found'],
      async run({ actor, params: { id }, body }) {
        if (await renameWorkspace(records, id, body.name)) await noteDown(actor.id, 'workspace.renamed', id);
        return show(await find(id));
      },
    }),
    operation({
      id: 'closeWorkspace',
      scope: 'access:write',
      isOperators: true,
      method: 'delete',
      path: '/v1/workspaces/{id}',
      tag: 'Workspaces',
      summary: 'Close a workspace for good: its keys stop, and its links show the neutral picture',
      params,
      refuses: ['not_found', 'workspace_conflict'],
      async run({ actor, params: { id } }) {
        if (id === DEFAULT_WORKSPACE) {
          throw new AppError('workspace_conflict', 'The default workspace stays: close another one.');
        }
        if (!(await closeWorkspace(records, id, Date.now()))) await find(id);
        await noteDown(actor.id, 'workspace.closed', id);
        await services.changes.tell('workspace', id);
      },
    }),
    operation({
      id: 'readOwnWorkspace',
      scope: 'workspace:read',
      method: 'get',
      path: '/v1/workspace',
      tag: 'Workspaces',
      summary: 'Read the settings of the workspace this key works in',
      answer: own,
      refuses: [],
      async run({ actor }) {
        const { id, name, settings } = await find(actor.workspace);
        return { id, name, settings: readSettings(settings) };
      },
    }),
    operation({
      id: 'changeOwnWorkspace',
      scope: 'workspace:write',
      method: 'patch',
      path: '/v1/workspace',
      tag: 'Workspaces',
      summary: 'Change some settings of the workspace this key works in',
      body: z
        .strictObject({ settings: settingsChange })
        .meta({ id: 'OwnWorkspaceChange', examples: [{ settings: { requireReview: true } }] }),
      answer: own,
      refuses: [],
      async run({ actor, body: { settings } }) {
        await refuseBuckets(actor, settings.s3Buckets);
        const record = await changeSettings(services, actor.workspace, settings);
        await noteDown(actor.id, 'workspace.changed', actor.workspace);
        return { id: record.id, name: record.name, settings: readSettings(record.settings) };
      },
    }),
  ];
};
