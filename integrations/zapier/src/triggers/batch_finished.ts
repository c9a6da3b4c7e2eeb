import { defineTrigger } from 'zapier-platform-core';
import { ask, type Page } from '../ask.ts';
import { type Batch, batchFields, batchSample, showBatch } from '../batches.ts';
import { readDelivery, subscribe, unsubscribe } from '../hooks.ts';

const EVENT = 'batch.finished';

const show = (batch: Batch, finishedAt: string) => ({ ...showBatch(batch), finished_at: finishedAt });

/** Every row of a batch has had its turn. */
export default defineTrigger({
  key: 'batch_finished',
  noun: 'Batch',
  display: {
    label: 'Batch Finished',
    description: 'Triggers when every row of a batch of pictures has had its turn.',
  },
  operation: {
    type: 'hook',
    inputFields: [
      {
        key: 'template',
        label: 'Template',
        dynamic: 'list_templates.id.name',
        helpText: 'Only batches of this template. Left blank: those of all.',
      },
    ],
    performSubscribe: (z, bundle) => subscribe(z, bundle, EVENT, { template: bundle.inputData.template }),
    performUnsubscribe: unsubscribe,
    perform: (z, bundle) => readDelivery<Batch>(z, bundle, EVENT).map(({ data, createdAt }) => show(data, createdAt)),
    async performList(z, bundle) {
      const { template } = bundle.inputData;
      type Listed = Batch & { finishedAt: string };
      const { data } = await ask<Page<Listed>>(z, bundle, { url: '/v1/batches', params: { limit: 100 } });
      return data
        .filter(({ state }) => state === 'complete' || state === 'failed')
        .filter((batch) => !template || batch.template === template)
        .map((batch) => show(batch, batch.finishedAt));
    },
    outputFields: [...batchFields, { key: 'finished_at', label: 'Finished At', type: 'datetime' }],
    sample: { ...batchSample, finished_at: '2027-06-18T09:30:00.000Z' },
  },
});
