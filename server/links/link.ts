import { z } from 'zod';
import type { FieldSource } from '../../core/links/html.ts';
import type { FormatName } from '../../core/template/output.ts';
import { textPattern, textScripts } from '../../core/template/text-rules.ts';
import type { LinkRecord } from '../stores/records/links.ts';
import type { LinkMode } from '../stores/records/tables.ts';
import type { Channel } from '../stores/records/template-tables.ts';
import type { Which } from '../templates/library.ts';

/** What an open field of a link lets through, besides what the template's own contract asks; anything else gives the field's fallback. */
const openFieldPolicy = z.strictObject({
  maxLength: z
    .number()
    .int()
    .min(1)
    .max(2000)
    .optional()
    .meta({ description: "In characters; the template field's own limit when absent, or 60, or 2,000 for addresses." }),
  options: z
    .array(z.string().max(100))
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'The only values let through.' }),
  scripts: textScripts.optional(),
  pattern: textPattern.optional(),
  urls: z.boolean().optional().meta({
    description:
      'Whether a value may hold a web or email address; only fields that name the hosts of theirs, when absent.',
  }),
  words: z.array(z.string().min(2).max(60)).max(500).default([]).meta({ description: 'Words no value may hold.' }),
});

/** The policy of a link: by open field, and how many new pictures its open fields may cause in a minute. */
export const linkPolicy = z.strictObject({
  fields: z.record(z.string(), openFieldPolicy).default({}),
  rendersPerMinute: z.number().int().min(1).max(100_000).default(3000),
});

export type OpenFieldPolicy = z.output<typeof openFieldPolicy>;
export type LinkPolicy = z.output<typeof linkPolicy>;

/** A link ready for serving. Its own format is the first of `formats`. */
export type Link = {
  readonly id: string;
  readonly workspace: string;
  readonly template: string;
  /** Pinned to it; null follows the channel. */
  readonly version: number | null;
  /** One of the template's other sizes; null for its own. */
  readonly variant: string | null;
  readonly channel: Channel;
  readonly platform: string;
  /** The connection it was made for, whose reference field its tags name. */
  readonly connection: string | null;
  readonly mode: LinkMode;
  readonly formats: readonly [FormatName, ...FormatName[]];
  /** Its own; an address may ask for another one of `scales`. */
  readonly scale: number;
  readonly scales: readonly number[];
  readonly fields: Readonly<Record<string, FieldSource>>;
  readonly policy: LinkPolicy;
  readonly isRevoked: boolean;
  /** In ms since 1970; null for ever. */
  readonly expiresAt: number | null;
};

/** Which version of its template a link shows, in which size. */
export const whichOf = ({ version, channel, variant }: Pick<Link, 'version' | 'channel' | 'variant'>): Which => ({
  ...(version === null ? { channel } : { version }),
  ...(variant !== null && { variant }),
});

/** Reads a link's record; its JSON was checked when it was written. */
export const readLink = ({
  formats,
  scales,
  fields,
  policy,
  created_at: _,
  expires_at,
  revoked_at,
  ...rest
}: LinkRecord): Link => ({
  ...rest,
  formats: JSON.parse(formats),
  scales: JSON.parse(scales),
  fields: JSON.parse(fields),
  policy: JSON.parse(policy),
  isRevoked: revoked_at !== null,
  expiresAt: expires_at,
});
