import { type Bundle, defineCreate, type ZObject } from 'zapier-platform-core';
import { ask } from '../ask.ts';
import { isOver, showWarmup, type Warmup, warmupFields, warmupSample } from '../warmups.ts';

type Posted = { readonly data?: { readonly id?: string } };

const readWarmup = (z: ZObject, bundle: Bundle, id: string): Promise<Warmup> =>
  ask(z, bundle, { url: `/v1/warmups/${encodeURIComponent(id)}` });

/** Makes the pictures of a send before it goes out; the Zap goes on when they are there. */
export default defineCreate({
  key: 'warm_up_send',
  noun: 'Warm-Up',
  display: {
    label: 'Warm Up Send',
    description: 'Makes the pictures of a send before it goes out, and goes on when they are there.',
  },
  operation: {
    inputFields: [
      {
        key: 'connection',
        label: 'Connection',
        dynamic: 'list_connections.id.name',
        helpText: 'The account that sends it. Left blank, with a link: all contacts that Mergepix keeps.',
      },
      {
        key: 'send',
        label: 'Planned Send',
        dynamic: 'list_sends.id.name',
        helpText: 'A campaign that is scheduled. Leave it blank to choose a link and an audience.',
      },
      {
        key: 'link',
        label: 'Link',
        dynamic: 'list_links.id.name',
        helpText: 'Whose pictures to make, when no planned send is chosen.',
      },
      {
        key: 'audience',
        label: 'Audience',
        dynamic: 'list_audiences.id.name',
        helpText: "Who gets them. Left blank: the connection's own audiences.",
      },
    ],
    async perform(z, bundle) {
      const { connection, send, link, audience } = bundle.inputData;
      if (!(send && connection) && !link)
        throw new z.errors.HaltedError('Choose a planned send with its connection, or a link.');
      const what = send ? { send } : { links: [link], ...(audience && { audiences: [audience] }) };
      const order = { connection, ...what };
      const warmup = await ask<Warmup>(z, bundle, {
        url: '/v1/warmups',
        method: 'POST',
        // Run again it finds warm what it has made, and has to be told at another address: no key of its own.
        body: { ...order, callback_url: z.generateCallbackUrl() },
      });
      return showWarmup(warmup);
    },
    // What was posted is only a word that something has happened, and to which: how it went is asked for.
    async performResume(z, bundle) {
      const { id } = bundle.outputData as { id: string };
      const ordered = await readWarmup(z, bundle, id);
      const told = (bundle.cleanedRequest as Posted | undefined)?.data?.id;
      const other = ordered.state === 'cancelled' && told ? await readWarmup(z, bundle, told) : ordered;
      // Another one of the same send may have taken its place.
      const warmup = other.connection === ordered.connection && other.send === ordered.send ? other : ordered;
      if (!isOver(warmup)) throw new z.errors.Error('The warm-up is not over: wait for it to be told.', 'not_over');
      return showWarmup(warmup);
    },
    outputFields: [...warmupFields],
    sample: warmupSample,
  },
});
