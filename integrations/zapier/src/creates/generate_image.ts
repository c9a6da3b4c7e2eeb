import { defineCreate } from 'zapier-platform-core';
import { generate, subjectInput, templateChoice } from '../generate.ts';
import { dpiInput, outputInputs, outputOf } from '../output.ts';
import { templateInputs } from '../templates.ts';

/** Makes one picture now. */
export default defineCreate({
  key: 'generate_image',
  noun: 'Image',
  display: {
    label: 'Generate Image',
    description: 'Makes a picture from a template and your data, and gives its address, an HTML block and the file.',
  },
  operation: {
    inputFields: [...templateChoice, templateInputs, ...outputInputs, dpiInput, subjectInput],
    perform: (z, bundle) => generate(z, bundle, 'generate_image', outputOf(bundle.inputData)),
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
