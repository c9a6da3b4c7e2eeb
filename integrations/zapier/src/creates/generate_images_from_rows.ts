import { type Bundle, defineCreate, type PlainInputField, type ZObject } from 'zapier-platform-core';
import { ask } from '../ask.ts';
import { type Batch, batchFields, batchSample, isOver, readBatch, showBatch } from '../batches.ts';
import { chosenOf, templateChoice } from '../generate.ts';
import { rowInputs, rowsOf } from '../inputs.ts';
import { once } from '../once.ts';
import { dpiInput, outputInputs, outputOf } from '../output.ts';
import { contractOf, orderOf, versionOf } from '../templates.ts';

/** Line items with an input for each field, and which of them names the files; nothing before a template is chosen. */
async function inputsOf(z: ZObject, bundle: Bundle): Promise<PlainInputField[]> {
  const contract = await contractOf(z, bundle);
  if (!contract) return [];
  const choices = Object.keys(contract);
  return [
    { key: 'rows', label: 'Rows', children: rowInputs(contract) },
    { key: 'naming', label: 'Name Files By', choices, helpText: 'The field whose values name the files of the zip.' },
    { key: 'about', label: 'Whom They Are About', choices, helpText: 'The field that says it: kept as a digest only.' },
  ];
}

const pathOf = ({ id }: { readonly id: string }): string => `/v1/batches/${encodeURIComponent(id)}`;

/** Makes a picture for every line item; the Zap goes on when all have had their turn. */
export default defineCreate({
  key: 'generate_images_from_rows',
  noun: 'Batch',
  display: {
    label: 'Generate Images from Rows',
    description:
      'Makes a picture for every line item, and goes on with their addresses and one file when all are made.',
  },
  operation: {
    inputFields: [...templateChoice, inputsOf, ...outputInputs, dpiInput],
    async perform(z, bundle) {
      const { naming, about } = bundle.inputData as { naming?: string; about?: string };
      const rows = rowsOf(bundle.inputData);
      if (rows.length === 0) throw new z.errors.HaltedError('There are no rows: map line items into the fields.');
      const chosen = chosenOf(bundle.inputData);
      const order = {
        ...orderOf(chosen),
        rows,
        ...outputOf(bundle.inputData),
        ...(naming && { naming }),
        ...(about && { subjectField: about }),
      };
      const drawn = await versionOf(z, bundle, chosen);
      const headers = once(z, bundle, ['generate_images_from_rows', drawn, order]);
      const { id } = await ask<Batch>(z, bundle, { url: '/v1/batches', method: 'POST', headers, body: order });
      // Run again, it may be over: then there is nothing to wait for.
      const batch = await ask<Batch>(z, bundle, { url: pathOf({ id }) });
      if (isOver(batch)) return readBatch(z, bundle, batch);
      const body = { callback_url: z.generateCallbackUrl() };
      await ask(z, bundle, { url: `${pathOf({ id })}/callback`, method: 'POST', body });
      return { ...showBatch(batch), images: [] };
    },
    // What was posted is only a word that something has happened: how it went is asked for.
    async performResume(z, bundle) {
      const batch = await ask<Batch>(z, bundle, { url: pathOf(bundle.outputData as Batch) });
      if (!isOver(batch)) throw new z.errors.Error('The batch is not over: wait for it to be told.', 'not_over');
      return readBatch(z, bundle, batch);
    },
    outputFields: [
      ...batchFields,
      {
        key: 'images',
        label: 'Images',
        children: [
          { key: 'row', label: 'Row', type: 'integer' },
          { key: 'state', label: 'Row State' },
          { key: 'url', label: 'Image URL' },
          { key: 'share_url', label: 'Page to Share' },
          { key: 'error', label: 'What Is Wrong' },
        ],
      },
      { key: 'file', label: 'Zip File', type: 'file' },
    ],
    sample: {
      ...batchSample,
      images: [
        {
          row: 1,
          state: 'complete',
          url: 'https://img.example.com/i/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJqIjoiVjFTdEdYUjgifQ.bW9jaw.png',
          share_url: 'https://img.example.com/p/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJqIjoiVjFTdEdYUjgifQ.bW9jaw',
          error: '',
        },
      ],
      file: 'https://img.example.com/event-badge-0mf3k1zz7Hs0PqLw2Ub9C.zip',
    },
  },
});
