import { verifyReference } from '../../core/links/reference.ts';
import type { SigningKey, TokenClaims } from '../../core/links/token.ts';
import type { ImageAddress } from '../../core/links/url.ts';
import { applyContract } from '../../core/template/contract.ts';
import { type FormatName, outputs } from '../../core/template/output.ts';
import type { ContactFields, KnownContact } from '../contacts/contact.ts';
import { type Link, whichOf } from '../links/link.ts';
import { isLetThrough } from '../links/policy.ts';
import type { Mended } from '../observe/shown.ts';
import type { Sealed } from '../sealed/sealed.ts';
import type { Copies } from '../stores/copies.ts';
import type { Library } from '../templates/library.ts';
import type { Drawing } from './pictures.ts';

/**
 * What an address asks for. `reason` says why it is less than what the address promises; `open` names the link whose
 * budget a new picture counts against. Without a drawing only the neutral picture is left.
 */
export type Plan = {
  readonly link: string;
  readonly drawing: Drawing | undefined;
  readonly reason?: Reason;
  readonly workspace?: string;
  /** Id of the contact it is for. */
  readonly contact?: string;
  /** Fields that show something else than the data said. */
  readonly mended?: readonly Mended[];
  readonly open?: { readonly link: string; readonly perMinute: number };
};

/** Why a recipient sees less than a fresh personal picture; part of the outcome header. */
export type Reason =
  | 'unknown'
  | 'revoked'
  | 'unpublished'
  | 'erased'
  | 'contact-blank'
  | 'contact-invalid'
  | 'contact-unknown'
  | 'contact-unreadable';

/** Where plans get their records from. */
export type PlanSources = {
  readonly links: Copies<Link>;
  readonly sealed: Copies<Sealed>;
  /** By `workspace:id`. */
  readonly contacts: Copies<KnownContact>;
  readonly library: Library;
  readonly signingKeys: readonly SigningKey[];
};

/** Finds out what a verified address asks for. Throws only when records cannot be read and there is no copy of them. */
export function makePlan(sources: PlanSources, claims: TokenClaims, address: ImageAddress): Promise<Plan> {
  return claims.kind === 'sealed' ? planSealed(sources, claims.id) : planLink(sources, claims.id, address);
}

async function planSealed({ sealed, library }: PlanSources, id: string): Promise<Plan> {
  const record = await sealed.get(id);
  if (!record) return { link: id, drawing: undefined, reason: 'unknown' };
  const { workspace, template, version, values, format, scale } = record;
  if (record.isRevoked) return { link: id, workspace, drawing: undefined, reason: 'revoked' };
  const published = await library.get(workspace, template, { version });
  if (!published) return { link: id, workspace, drawing: undefined, reason: 'unpublished' };
  return { link: id, workspace, drawing: { published, values, format, scale } };
}

async function planLink(sources: PlanSources, id: string, address: ImageAddress): Promise<Plan> {
  const link = await sources.links.get(id);
  if (!link) return { link: id, drawing: undefined, reason: 'unknown' };
  const { workspace } = link;
  if (link.isRevoked) return { link: id, workspace, drawing: undefined, reason: 'revoked' };
  const published = await sources.library.get(workspace, link.template, whichOf(link));
  if (!published) return { link: id, workspace, drawing: undefined, reason: 'unpublished' };
  const { fields } = published.template;
  const sourceOf = (name: string) =>
    link.fields[name] ?? (link.mode === 'contact' ? ({ from: 'contact' } as const) : undefined);
  const needsContact = Object.keys(fields).some((name) => sourceOf(name)?.from === 'contact');
  const person = address.contact === undefined ? undefined : verifyReference(address.contact, sources.signingKeys);
  const contact = needsContact ? await readContact(sources, link, address.contact, person) : {};

  if (contact === 'erased') return { link: id, drawing: undefined, reason: 'erased' };
  const data: Record<string, unknown> = {};
  let isOpen = false;
  for (const name of Object.keys(fields)) {
    const source = sourceOf(name);
    if (source?.from === 'contact') data[name] = pickField(contact, name, source.tag);
    else if (source?.from === 'fixed') data[name] = source.value;
    else if (source?.from === 'open') {
      const value = address.open[name];
      if (!value || !isLetThrough(link.policy, name, value)) continue;
      data[name] = value;
      isOpen = true;
    }
  }
  const { values, warnings } = applyContract(fields, data);
  return {
    link: id,
    workspace,
    drawing: {
      published,
      values,
      format: chooseFormat(link.formats, address.format),
      scale: link.scales.find((scale) => scale === address.scale) ?? link.scale,
    },
    mended: warnings.flatMap(({ field, code }) => (field === undefined ? [] : [{ field, reason: code }])),
    ...(needsContact && person !== undefined && { contact: person }),
    ...(typeof contact === 'string' && { reason: contact }),
    ...(isOpen && { open: { link: id, perMinute: link.policy.rendersPerMinute } }),
  };
}

async function readContact(
  { contacts }: PlanSources,
  { workspace }: Link,
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

// The snapshot may use the template's own names or the platform's.
function pickField(contact: ContactFields | Reason, name: string, tag: string | undefined): unknown {
  if (typeof contact === 'string') return undefined;
  if (Object.hasOwn(contact, name)) return contact[name];
  return tag !== undefined && Object.hasOwn(contact, tag) ? contact[tag] : undefined;
}

/** The format of an extension (`jpg`, `jpeg`, `png`, `webp`) if it is allowed, else the first allowed one. */
function chooseFormat(allowed: Link['formats'], extension: string): FormatName {
  return allowed.find((format) => format === extension || outputs[format].extension === extension) ?? allowed[0];
}
