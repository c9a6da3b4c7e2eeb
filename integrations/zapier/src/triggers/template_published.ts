import { defineTrigger } from 'zapier-platform-core';
import { ask, type Page } from '../ask.ts';
import { readDelivery, subscribe, unsubscribe } from '../hooks.ts';
import { pathOf } from '../templates.ts';

const EVENT = 'template.published';

/** A version that was published, as the event tells it. */
type Published = {
  readonly template: string;
  readonly version: number;
  readonly title: string | null;
  readonly width: number;
  readonly height: number;
};

/** A version as the API lists it. */
type Version = Omit<Published, 'template'> & {
  readonly name: string;
  readonly state: string;
  readonly publishedAt: string;
};

const show = ({ template, version, title, width, height }: Published, publishedAt: string) => ({
  id: `${template}@${version}`,
  ...{ template, version, title: title ?? template, width, height, published_at: publishedAt },
});

/** Recipients see another version of a template from now on. */
export default defineTrigger({
  key: 'template_published',
  noun: 'Template',
  display: {
    label: 'Template Published',
    description: 'Triggers when a version of a template is published.',
  },
  operation: {
    type: 'hook',
    inputFields: [
      {
        key: 'template',
        label: 'Template',
        dynamic: 'list_templates.id.name',
        helpText: 'Only versions of this template. Left blank: those of all.',
      },
    ],
    performSubscribe: (z, bundle) => subscribe(z, bundle, EVENT, { template: bundle.inputData.template }),
    performUnsubscribe: unsubscribe,
    perform: (z, bundle) =>
      readDelivery<Published>(z, bundle, EVENT).map(({ data, createdAt }) => show(data, createdAt)),
    async performList(z, bundle) {
      const { template } = bundle.inputData;
      const url = template ? `${pathOf(template)}/versions` : '/v1/templates';
      const { data } = await ask<Page<Version>>(z, bundle, { url, params: { limit: 100 } });
      return data
        .filter(({ state }) => state === 'published')
        .map((version) => show({ ...version, template: version.name }, version.publishedAt));
    },
    outputFields: [
      { key: 'id', label: 'ID' },
      { key: 'template', label: 'Template' },
      { key: 'version', label: 'Version', type: 'integer' },
      { key: 'title', label: 'Title' },
      { key: 'width', label: 'Width', type: 'integer' },
      { key: 'height', label: 'Height', type: 'integer' },
      { key: 'published_at', label: 'Published At', type: 'datetime' },
    ],
    sample: {
      id: 'event-badge@3',
      template: 'event-badge',
      version: 3,
      title: 'Event badge',
      width: 420,
      height: 600,
      published_at: '2027-06-18T09:30:00.000Z',
    },
  },
});
