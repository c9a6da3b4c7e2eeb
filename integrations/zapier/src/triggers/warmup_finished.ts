import { defineTrigger } from 'zapier-platform-core';
import { ask, type Page } from '../ask.ts';
import { readDelivery, subscribe, unsubscribe } from '../hooks.ts';
import { connectionFilter, isOver, showWarmup, type Warmup, warmupFields, warmupSample } from '../warmups.ts';

const EVENT = 'warmup.finished';

/** The pictures of a send are made, or it is known that they cannot be. */
export default defineTrigger({
  key: 'warmup_finished',
  noun: 'Warm-Up',
  display: {
    label: 'Warm-Up Finished',
    description: 'Triggers when the pictures of a send have been made ahead of it, or could not be.',
  },
  operation: {
    type: 'hook',
    inputFields: [connectionFilter],
    performSubscribe: (z, bundle) => subscribe(z, bundle, EVENT, { connection: bundle.inputData.connection }),
    performUnsubscribe: unsubscribe,
    perform: (z, bundle) => readDelivery<Warmup>(z, bundle, EVENT).map(({ data }) => showWarmup(data)),
    async performList(z, bundle) {
      const { connection } = bundle.inputData;
      const { data } = await ask<Page<Warmup>>(z, bundle, { url: '/v1/warmups', params: { limit: 100 } });
      return data
        .filter((warmup) => isOver(warmup) && warmup.state !== 'cancelled')
        .filter((warmup) => !connection || warmup.connection === connection)
        .map(showWarmup);
    },
    outputFields: [...warmupFields],
    sample: warmupSample,
  },
});
