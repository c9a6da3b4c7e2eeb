import { z } from 'zod';
import { initialsOf } from '../names.ts';
import { ASSET, S3_ADDRESS } from '../parts.ts';
import type { Value, Values } from '../value.ts';
import {
  about,
  accept,
  type Cleaned,
  checkOwnValues,
  describe,
  type FieldType,
  fieldNameSchema,
  junk,
  refuse,
} from './field-type.ts';
import { hosts, isAllowedHost, parseAddress } from './url.ts';

const schema = z
  .strictObject({
    type: z.literal('image'),
    ...about,
    fallback: z
      .union([
        z.string().regex(ASSET, 'expected an asset such as asset:portrait@2'),
        z.strictObject({ initials: fieldNameSchema.describe('The text field the letters come from.') }),
      ])
      .describe('Drawn when the value is blank or wrong: an asset, or the initials of a text field.')
      .optional(),
    sample: z.string().max(2000).describe('An example to draw in previews.').optional(),
    junk,
    hosts: hosts.default([]).describe('Hosts pictures may come from; none, when absent.'),
  })
  .superRefine((field, issues) => {
    // Initials are made from another field's value and have nothing of their own to check.
    const { fallback, ...rest } = field;
    checkOwnValues(clean)(typeof fallback === 'string' ? field : rest, issues);
  });

type ImageField = z.output<typeof schema>;

/**
 * A picture: an asset, an http(s) address on one of `hosts`, `s3://bucket/key` in a bucket the workspace allows (which is
 * looked at when it is drawn), or, only ever as a fallback, `initials:AK`
 * (nothing after the colon when the text field has no letters or only its fallback).
 */
export const image = { schema, empty: '', clean, derive } satisfies FieldType<typeof schema>;

function clean(raw: unknown, field: ImageField): Cleaned {
  if (typeof raw === 'string' && (ASSET.test(raw) || S3_ADDRESS.test(raw))) return accept(raw);
  const address = parseAddress(raw);
  if (!address)
    return refuse(
      `expected asset:name or an address such as https://cdn.example.com/a.jpg, but received ${describe(raw)}`,
    );
  if (!isAllowedHost(address.host, field.hosts))
    return refuse(`expected an address on ${field.hosts.join(' or ') || 'a host listed in hosts (there is none)'}`);
  address.hash = '';
  return accept(address.href);
}

function derive(field: ImageField, values: Values): Value | undefined {
  if (typeof field.fallback !== 'object') return undefined;
  return `initials:${initialsOf(String(values[field.fallback.initials] ?? ''))}`;
}
