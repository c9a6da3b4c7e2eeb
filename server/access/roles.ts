/** What an API key may do, one thing at a time: a resource, and whether it is read, changed or published. */
export const scopes = [
  'templates:read',
  'templates:write',
  'templates:publish',
  'assets:read',
  'assets:write',
  'links:read',
  'links:write',
  'links:revoke',
  'pictures:read',
  'pictures:write',
  'contacts:read',
  'contacts:write',
  'sources:read',
  'sources:write',
  'connections:read',
  'connections:use',
  'connections:write',
  'hooks:read',
  'hooks:write',
  'figures:read',
  'cache:write',
  'workspace:read',
  'workspace:write',
  'access:read',
  'access:write',
] as const;

/** One of `scopes`. */
export type Scope = (typeof scopes)[number];

const reading = [
  'templates:read',
  'assets:read',
  'links:read',
  'pictures:read',
  'sources:read',
  'connections:read',
  'figures:read',
  'workspace:read',
] as const satisfies readonly Scope[];
const editing = [
  ...reading,
  'templates:write',
  'assets:write',
  'links:write',
  'links:revoke',
  'pictures:write',
  'connections:use',
] as const satisfies readonly Scope[];

/** What comes with each role: each of the first three holds all of the one before; `render` is for machines. */
export const roles = {
  viewer: reading,
  editor: editing,
  approver: [...editing, 'templates:publish', 'sources:write', 'cache:write'],
  admin: scopes,
  render: ['templates:read', 'links:read', 'links:write', 'pictures:read', 'pictures:write'],
} as const satisfies Record<string, readonly Scope[]>;

/** A role by its name. */
export type Role = keyof typeof roles;

/**
 * Who makes a request: an opaque id (of the person a key belongs to, else of the key; `admin` for the installation's
 * own), its workspace and what it may do there. An operator may also make workspaces and act in any of them.
 */
export type Actor = {
  readonly id: string;
  readonly workspace: string;
  readonly role: Role;
  readonly scopes: ReadonlySet<Scope>;
  readonly isOperator: boolean;
  /** sha256 of the key that was shown, now or when the session began; undefined for our own doings. */
  readonly keyHash?: string;
  readonly session?: { readonly id: string; readonly csrf: string; readonly expiresAt: number };
};

/** An actor with all that comes with its role, or with what it was narrowed down to. */
export const actorOf = (
  id: string,
  workspace: string,
  role: Role,
  {
    narrowed,
    isOperator = false,
    keyHash,
  }: { narrowed?: readonly Scope[]; isOperator?: boolean; keyHash?: string } = {},
): Actor => {
  const granted: readonly Scope[] = roles[role];
  return {
    id,
    workspace,
    role,
    scopes: new Set(narrowed ? granted.filter((scope) => narrowed.includes(scope)) : granted),
    isOperator,
    ...(keyHash !== undefined && { keyHash }),
  };
};

/** Those of the wanted scopes the actor may not use: nobody gives away what they do not have. */
export const beyond = (actor: Actor, role: Role, narrowed?: readonly Scope[]): Scope[] =>
  [...actorOf('', '', role, narrowed && { narrowed }).scopes].filter((scope) => !actor.scopes.has(scope));
