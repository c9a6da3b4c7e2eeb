import { defineCreate } from 'zapier-platform-core';
import { generate, subjectInput, templateChoice } from '../generate.ts';
import { templateInputs } from '../templates.ts';

/** Makes one page now, of lines and letters. */
export default defineCreate({
  key: 'generate_pdf',
  noun: 'PDF',
  display: {
    label: 'Generate PDF',
    description:
      'Makes a PDF from a template and your data, such as a certificate, and gives its address and the file.',
  },
  operation: {
    inputFields: [...templateChoice, templateInputs, subjectInput],
    async perform(z, bundle) {
      const { id, url, file, share_url, bytes, warnings } = await generate(z, bundle, 'generate_pdf', {
        format: 'pdf',
      });
      return { id, url, file, share_url, bytes, warnings };
    },
    outputFields: [
      { key: 'id', label: 'PDF ID' },
      { key: 'url', label: 'PDF URL' },
      { key: 'file', label: 'PDF File', type: 'file' },
      { key: 'share_url', label: 'Page to Share' },
      { key: 'bytes', label: 'Bytes', type: 'integer' },
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
      url: 'https://img.example.com/i/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJqIjoiVjFTdEdYUjgifQ.bW9jaw.pdf',
      file: 'https://img.example.com/i/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJqIjoiVjFTdEdYUjgifQ.bW9jaw.pdf',
      share_url: 'https://img.example.com/p/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJqIjoiVjFTdEdYUjgifQ.bW9jaw',
      bytes: 48_213,
      warnings: [{ code: 'blank', field: 'honours', message: 'nothing was given: the fallback is drawn' }],
    },
  },
});
