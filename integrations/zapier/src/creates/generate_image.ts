import { defineCreate } from 'zapier-platform-core';
import { ask } from '../ask.ts';
import { pictureFile } from '../files.ts';
import { dataOf } from '../inputs.ts';
import { once } from '../once.ts';
import { LIVE, orderOf, templateInputs, versionOf } from '../templates.ts';

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

/** Makes one picture now. */
export default defineCreate({
  key: 'generate_image',
  noun: 'Image',
  display: {
    label: 'Generate Image',
    description: 'Makes a picture from a template and your data, and gives its address, an HTML block and the file.',
  },
  operation: {
    inputFields: [
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
      templateInputs,
      {
        key: 'format',
        label: 'Format',
        choices: { jpeg: 'JPEG', png: 'PNG', webp: 'WebP' },
        helpText: "Left blank: the template's own. Some mail clients do not show WebP.",
      },
      {
        key: 'scale',
        label: 'Size',
        choices: [
          { value: '1', sample: '1', label: '1x: as large as designed' },
          { value: '1.5', sample: '1.5', label: '1.5x' },
          { value: '2', sample: '2', label: '2x: sharp on phones and in emails' },
          { value: '3', sample: '3', label: '3x: for print and zooming in' },
        ],
        helpText: "Pixels for each pixel of the design. Left blank: the template's own.",
      },
      {
        key: 'subject',
        label: 'Whom It Is About',
        helpText: 'Such as an email address. Kept as a digest only, for erasing everything about somebody later.',
      },
    ],
    async perform(z, bundle) {
      const { template, version, format, scale, subject } = bundle.inputData;
      const chosen = { template, ...(version && { version }) };
      const order = {
        ...orderOf(chosen),
        data: dataOf(bundle.inputData),
        ...(format && { format }),
        ...(scale && { scale: Number(scale) || scale }),
        ...(subject && { subject }),
      };
      // What is published later makes another picture from the same order.
      const drawn = await versionOf(z, bundle, chosen);
      const { shareUrl, ...made } = await ask<Generated>(z, bundle, {
        url: '/v1/generate',
        method: 'POST',
        headers: once(z, bundle, ['generate_image', drawn, order]),
        body: order,
      });
      return { ...made, share_url: shareUrl, file: pictureFile(z, template, made.url) };
    },
    outputFields: [
      { key: 'id', label: 'Image ID' },
      { key: 'url', label: 'Image URL' },
      { key: 'file', label: 'Image File', type: 'file' },
      { key: 'html', label: 'HTML Block' },
      { key: 'alt', label: 'Alt Text' },
      { key: 'share_url', label: 'Page to Share' },
      { key: 'width', label: 'Width', type: 'integer' },
      { key: 'height', label: 'Height', type: 'integer' },
      { key: 'bytes', label: 'Bytes', type: 'integer' },
      { key: 'outcome', label: 'Outcome' },
      {
        key: 'warnings',
        label: 'Warnings',
        children: [
          { key: 'code', label: 'Warning' },
          { key: 'field', label: 'Field' },
          { key: 'message', label: 'What Was Mended' },
        ],
      },
    ],
    sample: {
      id: 'V1StGXR8_Z5jdHi6B-myT',
      url: 'https://img.example.com/i/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJqIjoiVjFTdEdYUjgifQ.bW9jaw.png',
      file: 'https://img.example.com/i/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJqIjoiVjFTdEdYUjgifQ.bW9jaw.png',
      html: '<img src="https://img.example.com/i/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJqIjoiVjFTdEdYUjgifQ.bW9jaw.png" width="420" height="600" alt="Nordic Design Days badge for Ingrid Solberg, speaker.">',
      alt: 'Nordic Design Days badge for Ingrid Solberg, speaker.',
      share_url: 'https://img.example.com/p/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJqIjoiVjFTdEdYUjgifQ.bW9jaw',
      width: 420,
      height: 600,
      bytes: 148213,
      outcome: 'rendered',
      warnings: [{ code: 'blank', field: 'pronouns', message: 'nothing was given: the fallback is drawn' }],
    },
  },
});
