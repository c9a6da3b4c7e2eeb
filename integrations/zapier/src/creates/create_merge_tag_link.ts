import { type Bundle, defineCreate, type PlainInputField, type ZObject } from 'zapier-platform-core';
import { ask } from '../ask.ts';
import { chosenOf, templateChoice } from '../generate.ts';
import { labelOf } from '../inputs.ts';
import { once } from '../once.ts';
import { outputInputs, outputOf } from '../output.ts';
import { platforms } from '../platforms.ts';
import { contractOf, orderOf } from '../templates.ts';

/** What `POST /v1/links` answers. */
type Link = {
  readonly id: string;
  readonly url: string;
  readonly html: string;
  readonly block: string;
  readonly alt: string;
  readonly notes: readonly string[];
};

// Names of fields hold no dash.
const TAG = 'tag-';

/** For each field of the template, what the platform calls it. */
async function tagInputs(z: ZObject, bundle: Bundle): Promise<PlainInputField[]> {
  const isMerge = bundle.inputData.mode === 'merge';
  return Object.entries((await contractOf(z, bundle)) ?? {}).map(([name, field]) => ({
    key: TAG + name,
    label: `Tag for ${labelOf(name, field)}`,
    helpText: isMerge
      ? "The platform's own name of it, such as FNAME. Left blank: what the template has in its place."
      : "Only for what the platform itself fills in, such as an event's data. Left blank: from the contact.",
  }));
}

/** Where fields come from that do not come from the contact. */
function sourcesOf(inputData: Readonly<Record<string, unknown>>, fixed: Readonly<Record<string, string>>) {
  const tags = Object.entries(inputData).filter(([key, value]) => key.startsWith(TAG) && value);
  return Object.fromEntries([
    ...tags.map(([key, tag]) => [key.slice(TAG.length), { from: 'open', tag }]),
    ...Object.entries(fixed).map(([name, value]) => [name, { from: 'fixed', value }]),
  ]);
}

/** Registers an address with the tags of a platform in it, and gives what goes into the email. */
export default defineCreate({
  key: 'create_merge_tag_link',
  noun: 'Link',
  display: {
    label: 'Create Merge-Tag Link',
    description: "Makes an address with your email platform's merge tags in it: one picture for every recipient.",
  },
  operation: {
    inputFields: [
      ...templateChoice,
      {
        key: 'connection',
        label: 'Connection',
        dynamic: 'list_connections.id.name',
        helpText: 'The account whose contacts get the email. Left blank: choose the platform below.',
      },
      {
        key: 'platform',
        label: 'Platform',
        choices: platforms,
        helpText: 'Who sends the email, when it is not connected.',
      },
      {
        key: 'mode',
        label: 'Where Values Come From',
        choices: { contact: 'The contact, as Mergepix keeps it', merge: "The platform's merge tags, in the address" },
        default: 'contact',
        altersDynamicFields: true,
      },
      tagInputs,
      {
        key: 'fixed',
        label: 'Fixed Values',
        dict: true,
        helpText: 'By the names of template fields: the same for every recipient.',
      },
      { key: 'marker', label: 'Send Marker', helpText: 'A name of one send, which makes addresses unique.' },
      { key: 'href', label: 'Where It Leads', helpText: 'The web address that a click on the picture opens.' },
      ...outputInputs,
    ],
    async perform(z, bundle) {
      const { connection, platform, mode, fixed = {}, marker, href, format, scale } = bundle.inputData;
      const { format: wanted, ...size } = outputOf({ ...(format && { format }), ...(scale && { scale }) });
      const order = {
        ...orderOf(chosenOf(bundle.inputData)),
        ...(connection ? { connection } : { platform }),
        ...(mode && { mode }),
        fields: sourcesOf(bundle.inputData, fixed),
        ...(marker && { send: marker }),
        ...(href && { href }),
        ...(wanted && { formats: [wanted] }),
        ...size,
      };
      if (!connection && !platform) throw new z.errors.HaltedError('Choose a connection or a platform.');
      const headers = once(z, bundle, ['create_merge_tag_link', order]);
      const { id, url, html, block, alt, notes } = await ask<Link>(z, bundle, {
        ...{ url: '/v1/links', method: 'POST', headers, body: order },
      });
      return { id, url, html, block, alt, notes };
    },
    outputFields: [
      { key: 'id', label: 'Link ID' },
      { key: 'url', label: 'Address with Merge Tags' },
      { key: 'html', label: 'HTML Block' },
      { key: 'block', label: 'HTML Block for Outlook, Too' },
      { key: 'alt', label: 'Alt Text' },
      { key: 'notes', label: 'What to Know', list: true },
    ],
    sample: {
      id: 'V1StGXR8_Z5jdHi6',
      url: 'https://img.example.com/i/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJsIjoiVjFTdEdYUjgifQ.bW9jaw.jpg?c=*|MERGEPIX|*',
      html: '<img src="https://img.example.com/i/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJsIjoiVjFTdEdYUjgifQ.bW9jaw.jpg?c=*|MERGEPIX|*" width="600" height="300" alt="Your rewards this summer">',
      block:
        '<table role="presentation" width="600"><tr><td><img src="https://img.example.com/i/eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJsIjoiVjFTdEdYUjgifQ.bW9jaw.jpg?c=*|MERGEPIX|*" width="600" height="300" alt="Your rewards this summer"></td></tr></table>',
      alt: 'Your rewards this summer',
      notes: ['Nothing fills points: everybody sees what the template has in its place.'],
    },
  },
});
