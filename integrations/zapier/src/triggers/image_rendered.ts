import { defineTrigger, type ZObject } from 'zapier-platform-core';
import { ask, type Page } from '../ask.ts';
import { pictureFile } from '../files.ts';
import { readDelivery, subscribe, unsubscribe } from '../hooks.ts';

const EVENT = 'render.finished';

/** A picture that was ordered, as the event and the API tell it. */
type Render = {
  readonly job_id: string;
  readonly status: string;
  readonly template: string;
  readonly version: number;
  readonly format: string;
  readonly output_url: string;
};

/** What a run begins with: the picture's address, and the file for steps that ask for it. */
const show = (z: ZObject, render: Render, finishedAt: string) => {
  const { job_id: id, template, version, format, output_url: url } = render;
  return { id, template, version, format, url, file: pictureFile(z, template, url), finished_at: finishedAt };
};

/** A picture ordered with `POST /v1/renders` is ready. */
export default defineTrigger({
  key: 'image_rendered',
  noun: 'Image',
  display: {
    label: 'Image Rendered',
    description: 'Triggers when a picture that was ordered over the API is ready.',
  },
  operation: {
    type: 'hook',
    inputFields: [
      {
        key: 'template',
        label: 'Template',
        dynamic: 'list_templates.id.name',
        helpText: 'Only pictures of this template. Left blank: those of all.',
      },
    ],
    performSubscribe: (z, bundle) => subscribe(z, bundle, EVENT, { template: bundle.inputData.template }),
    performUnsubscribe: unsubscribe,
    perform: (z, bundle) =>
      readDelivery<Render>(z, bundle, EVENT)
        .filter(({ data }) => data.status === 'complete')
        .map(({ data, createdAt }) => show(z, data, createdAt)),
    async performList(z, bundle) {
      const { template } = bundle.inputData;
      const params = { status: 'complete', limit: 25, ...(template && { template }) };
      const { data } = await ask<Page<Render & { finishedAt: string }>>(z, bundle, { url: '/v1/renders', params });
      return data.map((render) => show(z, render, render.finishedAt));
    },
    outputFields: [
      { key: 'id', label: 'Order ID' },
      { key: 'template', label: 'Template' },
      { key: 'version', label: 'Version', type: 'integer' },
      { key: 'format', label: 'Format' },
      { key: 'url', label: 'Image URL' },
      { key: 'file', label: 'Image File', type: 'file' },
      { key: 'finished_at', label: 'Finished At', type: 'datetime' },
    ],
    sample: {
      id: '0mf3k0b1xW7pTq9cLr5Zd',
      template: 'event-badge',
      version: 3,
      format: 'png',
      url: 'https://img.example.com/i/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJqIjoiVjFTdEdYUjgifQ.bW9jaw.png',
      file: 'https://img.example.com/i/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJqIjoiVjFTdEdYUjgifQ.bW9jaw.png',
      finished_at: '2027-06-18T09:30:00.000Z',
    },
  },
});
