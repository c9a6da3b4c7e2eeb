import type { Connector } from '../connector.ts';
import type { Client } from './client.ts';

/** An email as it is kept; the definition is told for drag-and-drop ones only, and only where it is asked for. */
type Template = {
  readonly id: string;
  readonly attributes: {
    readonly editor_type?: string | null;
    readonly html?: string | null;
    readonly definition?: object | null;
  };
};
type Answer<Data> = { readonly data: Data };
type Shown = { readonly included?: readonly ({ readonly type: string } & Template)[] };

const UNIVERSAL = /"universal_id":"([\w-]{1,64})"/g;

/** Reads what planned campaigns will show, and what has become of them. */
export function createEmails(client: Client): Pick<Connector, 'emails' | 'hasBegun'> {
  /** One email: its HTML, the blocks it is made of, and those it shows from elsewhere. */
  async function textsOf({ id, attributes }: Template, signal: AbortSignal): Promise<string[]> {
    const html = attributes.html ?? '';
    if (attributes.editor_type !== 'SYSTEM_DRAGGABLE') return [html];
    const whole = await client.ask<Answer<Template>>('templates', signal, (apis) =>
      apis.templates().getTemplate(id, { additionalFieldsTemplate: ['definition'] }),
    );
    const definition = JSON.stringify(whole?.data.attributes.definition ?? {});
    const shared = new Set([...definition.matchAll(UNIVERSAL)].map(([, universal]) => universal as string));
    const contents: string[] = [];
    for (const universal of shared) {
      const content = await client.ask<unknown>('universalContent', signal, (apis) =>
        apis.templates().getUniversalContent(universal),
      );
      contents.push(JSON.stringify(content ?? {}));
    }
    return [html, definition, ...contents];
  }

  return {
    async emails(send, signal) {
      // All emails in one call: there may be many campaigns on a day, and few calls in a minute.
      const shown = await client.ask<Shown>('campaignTemplate', signal, (apis) =>
        apis
          .campaigns()
          .getMessagesForCampaign(send, { include: ['template'], fieldsTemplate: ['html', 'editor_type'] }),
      );
      const texts: string[] = [];
      for (const each of shown?.included ?? [])
        if (each.type === 'template') texts.push(...(await textsOf(each, signal)));
      return texts;
    },
    async hasBegun(send, signal) {
      const campaign = await client.ask<Answer<{ readonly attributes: { readonly status: string } }>>(
        'campaigns',
        signal,
        (apis) => apis.campaigns().getCampaign(send),
      );
      return /^(?:Preparing to send|Sending$|Sent$|Variations Sent)/.test(campaign?.data.attributes.status ?? '');
    },
  };
}
