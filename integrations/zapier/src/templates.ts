import type { Bundle, PlainInputField, ZObject } from 'zapier-platform-core';
import { ask } from './ask.ts';
import { type Contract, inputsOf } from './inputs.ts';

/** The choice of a version that stands for whatever is published, today and later. */
export const LIVE = 'live';

/** A template, as much of it as dropdowns and searches read. */
export type Template = {
  readonly name: string;
  readonly title: string | null;
  readonly state: string;
  readonly channels: { readonly production: number | null };
  readonly revokedAt: string | null;
};

/** Whether pictures can be made from it. */
export const isLive = ({ state, channels, revokedAt }: Template): boolean =>
  revokedAt === null && (channels.production !== null || state === 'published');

/** Which template a step works with: `version` is a whole number, or `live`, as is nothing; `variant` one of its other sizes. */
export type Chosen = { readonly template: string; readonly version?: string; readonly variant?: string };

/** The number of the version a choice stands for now. Throws what to do when the template is not published or not there. */
export async function versionOf(z: ZObject, bundle: Bundle, { template, version = LIVE }: Chosen): Promise<string> {
  if (version !== LIVE) return version;
  const { channels } = await ask<{ channels: { production: number | null } }>(z, bundle, { url: pathOf(template) });
  if (channels.production === null)
    throw new z.errors.Error(
      `${template} is not published: publish it in Mergepix, or choose a version.`,
      'unpublished',
    );
  return String(channels.production);
}

/** What an order for a picture says of the template: the version only when it is a certain one, the size when it is another. */
export const orderOf = ({
  template,
  version = LIVE,
  variant,
}: Chosen): { template: string; version?: number; variant?: string } => ({
  template,
  ...(version !== LIVE && { version: Number(version) }),
  ...(variant && { variant }),
});

/** A version of a template, as much of it as forms need. */
type Version = {
  readonly fields: Contract;
  readonly variants: readonly {
    readonly name: string;
    readonly title: string | null;
    readonly width: number;
    readonly height: number;
  }[];
};

/** The version of the template that was chosen; undefined before one is. */
export async function versionAsked(z: ZObject, bundle: Bundle): Promise<Version | undefined> {
  const { template, version } = bundle.inputData as Partial<Chosen>;
  if (!template) return undefined;
  const number = await versionOf(z, bundle, { template, ...(version && { version }) });
  return ask<Version>(z, bundle, { url: `${pathOf(template)}/versions/${encodeURIComponent(number)}` });
}

/** The fields of the template that was chosen; undefined before one is. */
export const contractOf = async (z: ZObject, bundle: Bundle): Promise<Contract | undefined> =>
  (await versionAsked(z, bundle))?.fields;

/** One input for every field of it. */
export const templateInputs = async (z: ZObject, bundle: Bundle): Promise<PlainInputField[]> =>
  inputsOf((await contractOf(z, bundle)) ?? {});

/** The path of a template in the API. */
export const pathOf = (template: string): string => `/v1/templates/${encodeURIComponent(template)}`;
