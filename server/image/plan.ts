import { verifyReference } from '../../core/links/reference.ts';
import type { SigningKey, TokenClaims } from '../../core/links/token.ts';
import type { ImageAddress } from '../../core/links/url.ts';
import { applyContract } from '../../core/template/contract.ts';
import { type FormatName, outputs } from '../../core/template/output.ts';
import type { Values } from '../../core/template/value.ts';
import type { ContactFields, KnownContact } from '../contacts/contact.ts';
import { isLate, within } from '../deadline.ts';
import { type Link, whichOf } from '../links/link.ts';
import { isLetThrough } from '../links/policy.ts';
import type { Sends } from '../links/sends.ts';
import type { Mended } from '../observe/shown.ts';
import type { Sealed } from '../sealed/sealed.ts';
import type { Copies } from '../stores/copies.ts';
import type { Library, Published } from '../templates/library.ts';
import { openFields } from '../workspaces/open-fields.ts';
import type { WorkspaceSettings } from '../workspaces/workspace.ts';
import { liveAt } from './live.ts';
import type { Drawing } from './pictures.ts';

/**
 * What an address asks for. `reason` says why it is less than what the address promises; `open` names the link whose
 * budget a new picture counts against. Without a drawing or anybody it is for, only the neutral picture is left.
 */
export type Plan = {
  readonly link: string;
  readonly drawing?: Drawing | undefined;
  readonly reason?: Reason | undefined;
  readonly workspace?: string;
  /** Id of the contact it is for. */
  readonly contact?: string;
  /** Fields that show something else than the data said. */
  readonly mended?: readonly Mended[];
  readonly open?: { readonly link: string; readonly perMinute: number };
  /**
   * The one link and contact, or the one sealed picture, that it is for, where that is known for sure. Their last good
   * picture may stand in; nobody else's may.
   */
  readonly whose?: string;
  /** What its picture is kept under, for whoever purges or erases. */
  readonly tags: readonly string[];
};

/** Why a recipient sees less than a fresh personal picture; part of the outcome header. */
export type Reason =
  | 'unknown'
  | 'revoked'
  | 'expired'
  | 'erased'
  | 'unpublished'
  | 'unavailable'
  | 'contact-blank'
  | 'contact-invalid'
  | 'contact-unknown'
  | 'contact-unreadable';

/** Where plans get their records from. */
export type PlanSources = {
  readonly links: Copies<Link>;
  readonly sealed: Copies<Sealed>;
  /** By `workspace:id`. */
  readonly contacts: Pick<Copies<KnownContact>, 'get'>;
  readonly library: Library;
  readonly settings: WorkspaceSettings;
  readonly sends: Sends;
  readonly signingKeys: readonly SigningKey[];
};

/** What is asked for: by whom a token was verified for, at which address, when (ms since 1970). */
export type Asked = { readonly claims: TokenClaims; readonly address: ImageAddress; readonly now: number };

// A template that nobody has asked for in a while is read and compiled first, which takes a busy machine some time.
const TEMPLATE_MS = 800;
const NOBODY: ContactFields = {};

/** Finds out what a verified address asks for. Throws only when its link cannot be read and there is no copy of it. */
export function makePlan(sources: PlanSources, asked: Asked): Promise<Plan> {
  return asked.claims.kind === 'sealed' ? planSealed(sources, asked) : planLink(sources, asked);
}

async function planSealed(sources: PlanSources, { claims: { id }, address, now }: Asked): Promise<Plan> {
  const record = await sources.sealed.get(id);
  if (!record) return { link: id, reason: 'unknown', tags: [] };
  const { workspace, template, version, variant, values, format, scale } = record;
  const end = endOf(record, now);
  if (end) return { link: id, workspace, reason: end, tags: [] };
  const tags = sealedTags(record, id);
  const plan: Plan = { link: id, workspace, tags, whose: `sealed:${id}` };
  const published = await readTemplate(sources.library.get(workspace, template, { version, variant }));
  if (typeof published === 'string') return standingIn(plan, published);
  // Whoever has its address may have it in any format: a page offers it to download.
  const formats: Link['formats'] = [format, ...(Object.keys(outputs) as FormatName[])];
  return {
    ...plan,
    drawing: {
      published,
      values,
      format: chooseFormat(formats, address.format),
      scale,
      ...liveAt({ published, values }, now),
    },
  };
}

async function planLink(sources: PlanSources, { claims: { id }, address, now }: Asked): Promise<Plan> {
  const link = await sources.links.get(id);
  if (!link) return { link: id, reason: 'unknown', tags: [] };
  const { workspace, template } = link;
  const end = endOf(link, now);
  if (end) return { link: id, workspace, reason: end, tags: [] };
  const mayNeedContact = link.mode === 'contact' || Object.values(link.fields).some(({ from }) => from === 'contact');
  const contactId = address.contact === undefined ? undefined : verifyReference(address.contact, sources.signingKeys);
  const [published, contact] = await Promise.all([
    readTemplate(sources.library.get(workspace, template, whichOf(link))),
    mayNeedContact ? readContact(sources, workspace, address.contact, contactId) : NOBODY,
  ]);
  if (contact === 'erased') return { link: id, workspace, reason: contact, tags: [] };
  const isSomebody = mayNeedContact && contactId !== undefined && contact !== 'contact-unknown';
  const send = address.send?.slice(0, MAX_SEND);
  const tags = [
    ...templateTags(workspace, template),
    `link:${id}`,
    ...(isSomebody ? [`contact:${workspace}:${contactId}`] : []),
    ...(send !== undefined && sources.sends.believes(id, send, now) ? [`send:${workspace}:${send}`] : []),
  ];
  const plan: Plan = { link: id, workspace, tags, ...(isSomebody && { whose: `link:${id}:${contactId}` }) };
  if (typeof published === 'string') return standingIn(plan, published);

  const { data, isOpen, needsContact } = gatherData(link, published, contact, address);
  const fields = await openFields(sources.settings, workspace, published.template.fields);
  const { values, warnings } = applyContract(fields, data);
  return {
    ...plan,
    drawing: {
      published,
      values,
      ...servedAs(link, address),
      ...liveAt({ published, values }, now),
    },
    mended: warnings.flatMap(({ field, code }) => (field === undefined ? [] : [{ field, reason: code }])),
    ...(needsContact && contactId !== undefined && { contact: contactId }),
    ...(needsContact && typeof contact === 'string' && { reason: contact }),
    ...(isOpen && { open: { link: id, perMinute: link.policy.rendersPerMinute } }),
  };
}

// A marker is whatever stands in the address.
const MAX_SEND = 60;

/** What the picture of a sealed one is kept under. */
export const sealedTags = (
  { workspace, template, subject }: Pick<Sealed, 'workspace' | 'template' | 'subject'>,
  id: string,
): string[] => [
  ...templateTags(workspace, template),
  `sealed:${id}`,
  ...(subject === null ? [] : [`subject:${workspace}:${subject}`]),
];

/** What every picture of a template is kept under. */
export const templateTags = (workspace: string, template: string) => [
  `template:${workspace}/${template}`,
  `workspace:${workspace}`,
];

/** Why there is nothing to show, if so. */
function endOf(record: Pick<Link, 'isRevoked' | 'expiresAt'>, now: number): Reason | undefined {
  if (record.isRevoked) return 'revoked';
  return record.expiresAt !== null && record.expiresAt <= now ? 'expired' : undefined;
}

/** Without its template: what was good once may be shown while the template cannot be read, but not once it is gone. */
const standingIn = ({ whose, ...plan }: Plan, reason: 'unpublished' | 'unavailable'): Plan =>
  reason === 'unavailable' && whose !== undefined ? { ...plan, whose, reason } : { ...plan, reason };

async function readTemplate(
  reading: Promise<Published | undefined>,
): Promise<Published | 'unpublished' | 'unavailable'> {
  try {
    const published = await within(reading, TEMPLATE_MS);
    return isLate(published) ? 'unavailable' : (published ?? 'unpublished');
  } catch {
    return 'unavailable';
  }
}

async function readContact(
  { contacts }: PlanSources,
  workspace: string,
  reference: string | undefined,
  id: string | undefined,
): Promise<ContactFields | Reason> {
  if (reference === undefined) return 'contact-blank';
  if (id === undefined) return 'contact-invalid';
  try {
    return (await contacts.get(`${workspace}:${id}`)) ?? 'contact-unknown';
  } catch {
    return 'contact-unreadable';
  }
}

/** The values that came with the contact, the address and the link, before the contract. */
function gatherData(
  { fields, mode, policy }: Link,
  { template }: Published,
  contact: ContactFields | Reason,
  { open }: ImageAddress,
): { data: Values; isOpen: boolean; needsContact: boolean } {
  const data: Record<string, unknown> = {};
  let isOpen = false;
  let needsContact = false;
  for (const [name, field] of Object.entries(template.fields)) {
    const source = fields[name] ?? (mode === 'contact' ? ({ from: 'contact' } as const) : undefined);
    if (source?.from === 'contact') {
      needsContact = true;
      data[name] = pickField(contact, name, source.tag);
    } else if (source?.from === 'fixed') data[name] = source.value;
    else if (source?.from === 'open') {
      const value = open[name];
      if (!value || !isLetThrough(policy, name, value, field)) continue;
      data[name] = value;
      isOpen = true;
    }
  }
  return { data: data as Values, isOpen, needsContact };
}

// The snapshot may use the template's own names or the platform's.
function pickField(contact: ContactFields | Reason, name: string, tag: string | undefined): unknown {
  if (typeof contact === 'string') return undefined;
  if (Object.hasOwn(contact, name)) return contact[name];
  return tag !== undefined && Object.hasOwn(contact, tag) ? contact[tag] : undefined;
}

/** What an address of a link is answered with; the link's own format and scale where it asks for none that is allowed. */
export const servedAs = (
  { formats, scales, scale }: Pick<Link, 'formats' | 'scales' | 'scale'>,
  asked: Partial<Pick<ImageAddress, 'format' | 'scale'>>,
): Pick<Drawing, 'format' | 'scale'> => ({
  format: chooseFormat(formats, asked.format ?? ''),
  scale: scales.find((allowed) => allowed === asked.scale) ?? scale,
});

/** The format of an extension (`jpg`, `jpeg`, `png`, `webp`) if it is allowed, else the first allowed one. */
function chooseFormat(allowed: Link['formats'], extension: string): FormatName {
  return allowed.find((format) => format === extension || outputs[format].extension === extension) ?? allowed[0];
}
