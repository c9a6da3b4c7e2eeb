import { type Bundle, defineInputFields, type ZObject } from 'zapier-platform-core';
import { ask } from './ask.ts';
import { pictureFile } from './files.ts';
import { dataOf } from './inputs.ts';
import { once } from './once.ts';
import { type Chosen, LIVE, orderOf, versionOf } from './templates.ts';

/** What `POST /v1/generate` answers. */
type Generated = {
  readonly id: string;
  readonly url: string;
  readonly shareUrl: string;
  readonly html: string;
  readonly alt: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly outcome: string;
  readonly warnings: readonly { readonly code: string; readonly field?: string; readonly message: string }[];
};

/** The inputs that say which template, of which the form then has those of its fields, and in which of its sizes. */
export const templateChoice = defineInputFields([
  {
    key: 'template',
    label: 'Template',
    required: true,
    dynamic: 'list_templates.id.name',
    altersDynamicFields: true,
  },
  {
    key: 'version',
    label: 'Version',
    default: LIVE,
    dynamic: 'list_versions.id.name',
    altersDynamicFields: true,
    helpText: 'Live follows what your team publishes; a certain version never changes.',
  },
  {
    key: 'variant',
    label: 'Variant',
    dynamic: 'list_variants.id.name',
    helpText: "Another of the template's sizes, such as a story. Left blank: the template's own width and height.",
  },
]);

/** Which template was chosen, in which size. */
export const chosenOf = ({ template, version, variant }: Chosen): Chosen => ({
  template,
  ...(version && { version }),
  ...(variant && { variant }),
});

/** The input that says whom a picture is about. */
export const subjectInput = {
  key: 'subject',
  label: 'Whom It Is About',
  helpText: 'Such as an email address. Kept as a digest only, for erasing everything about somebody later.',
} as const;

/** Makes one picture now, of what was filled in; the same step again makes no second one. */
export async function generate(
  z: ZObject,
  bundle: Bundle<Chosen & { subject?: string }>,
  step: string,
  output: object,
) {
  const { subject } = bundle.inputData;
  const chosen = chosenOf(bundle.inputData);
  const order = { ...orderOf(chosen), data: dataOf(bundle.inputData), ...output, ...(subject && { subject }) };
  // What is published later makes another picture from the same order.
  const drawn = await versionOf(z, bundle, chosen);
  const { shareUrl, ...made } = await ask<Generated>(z, bundle, {
    url: '/v1/generate',
    method: 'POST',
    headers: once(z, bundle, [step, drawn, order]),
    body: order,
  });
  return { ...made, share_url: shareUrl, file: pictureFile(z, chosen.template, made.url) };
}
