import { defineTrigger } from 'zapier-platform-core';
import { ask, type Page } from '../ask.ts';
import { readDelivery, subscribe, unsubscribe } from '../hooks.ts';

const EVENT = 'batch.finished';

/** A batch, as the event and the API tell it; `done` counts those that failed, too. */
type Batch = {
  readonly id: string;
  readonly template: string;
  readonly version: number;
  readonly format: string;
  readonly state: string;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
};

const show = ({ id, template, version, format, state, total, done, failed }: Batch, finishedAt: string) => ({
  ...{ id, template, version, format, state, total, made: done - failed, failed },
  finished_at: finishedAt,
});

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
    outputFields: [
      { key: 'id', label: 'Batch ID' },
      { key: 'template', label: 'Template' },
      { key: 'version', label: 'Version', type: 'integer' },
      { key: 'format', label: 'Format' },
      { key: 'state', label: 'State' },
      { key: 'total', label: 'Rows', type: 'integer' },
      { key: 'made', label: 'Pictures Made', type: 'integer' },
      { key: 'failed', label: 'Rows That Failed', type: 'integer' },
      { key: 'finished_at', label: 'Finished At', type: 'datetime' },
    ],
    sample: {
      id: '0mf3k1zz7Hs0PqLw2Ub9C',
      template: 'event-badge',
      version: 3,
      format: 'png',
      state: 'complete',
      total: 1200,
      made: 1199,
      failed: 1,
      finished_at: '2027-06-18T09:30:00.000Z',
    },
  },
});
