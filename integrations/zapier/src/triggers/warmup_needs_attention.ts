import { defineTrigger } from 'zapier-platform-core';
import { ask, type Page } from '../ask.ts';
import { readDelivery, subscribe, unsubscribe } from '../hooks.ts';
import { connectionFilter, sentencesOf, type Warmup } from '../warmups.ts';

const EVENT = 'warmup.attention';

type Call = Pick<Warmup, 'id' | 'connection' | 'send' | 'sendAt'> & { readonly causes: readonly string[] };

/** Each cause is told once, so that warm-up and causes together name a call. */
const show = ({ id, connection, send, sendAt, causes }: Call) => ({
  id: [id, ...causes].join(':'),
  warmup: id,
  ...{ connection, send, send_at: sendAt },
  causes: causes.join(', '),
  message: sentencesOf(causes),
});

/** Somebody should look at a warm-up before its send. */
export default defineTrigger({
  key: 'warmup_needs_attention',
  noun: 'Warm-Up',
  display: {
    label: 'Warm-Up Needs Attention',
    description: 'Triggers when somebody should look at the pictures of a send before it goes out.',
  },
  operation: {
    type: 'hook',
    inputFields: [connectionFilter],
    performSubscribe: (z, bundle) => subscribe(z, bundle, EVENT, { connection: bundle.inputData.connection }),
    performUnsubscribe: unsubscribe,
    perform: (z, bundle) => readDelivery<Call>(z, bundle, EVENT).map(({ data }) => show(data)),
    async performList(z, bundle) {
      const { connection } = bundle.inputData;
      const { data } = await ask<Page<Warmup>>(z, bundle, { url: '/v1/warmups', params: { limit: 100 } });
      return data
        .filter((warmup) => warmup.attention.length > 0)
        .filter((warmup) => !connection || warmup.connection === connection)
        .map((warmup) => show({ ...warmup, causes: warmup.attention }));
    },
    outputFields: [
      { key: 'id', label: 'ID' },
      { key: 'warmup', label: 'Warm-Up ID' },
      { key: 'connection', label: 'Connection ID' },
      { key: 'send', label: 'Send' },
      { key: 'send_at', label: 'Send At', type: 'datetime' },
      { key: 'causes', label: 'Causes' },
      { key: 'message', label: 'What to Look At' },
    ],
    sample: {
      id: '0mf3k2a9cVx8ZqJm3Yt1R:blank:late',
      warmup: '0mf3k2a9cVx8ZqJm3Yt1R',
      connection: 'B-myT3Zq4N7xw0aK',
      send: '01J9VQ5S6M8N2T4X7ZBD3CWE1K',
      send_at: '2027-06-18T12:00:00.000Z',
      causes: 'blank, late',
      message: 'A field is blank for too many contacts. It will not be finished before the send.',
    },
  },
});
