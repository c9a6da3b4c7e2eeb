import { AppError } from '../../core/errors.ts';
import { type EmailBlock, placeInHtml } from '../../core/links/place.ts';
import type { Connector, Placed, PlaceTarget } from '../connector.ts';
import type { Client } from './client.ts';
import { type Block, type Changed, type Definition, placeInBlock, placeInDefinition, withoutIds } from './draggable.ts';
import { noteOnFlow } from './flow.ts';

/** An email as it is kept; the definition is there for drag-and-drop ones only. */
type Template = {
  readonly id: string;
  readonly attributes: {
    readonly name: string;
    readonly editor_type: string;
    readonly html: string;
    readonly definition?: Definition | null;
  };
};
type Answer<Data> = { readonly data: Data };
type Attributes = { readonly html: string } | { readonly definition: Definition };
type Message = { readonly id: string; readonly attributes?: { readonly definition?: { readonly channel?: string } } };
type Campaign = { readonly attributes: { readonly status: string } };

/** What is placed, how far it goes, and what puts a changed copy in the place of an email that Klaviyo does not let be changed. */
type Order = {
  readonly block: EmailBlock;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly replace?: (copy: string) => Promise<string>;
};

const refused = (sentence: string) => new AppError('place_refused', sentence);
const missing = (what: string, id: string) =>
  refused(`Klaviyo has no ${what} ${id}: copy its id from the address of its page there.`);

/** Puts blocks into emails of an account. */
export function createPlacing(client: Client): Connector['place'] {
  /** What the picture changes about an email. */
  function changed({ id, attributes }: Template, block: EmailBlock): Changed<Attributes> {
    const { editor_type, html, definition } = attributes;
    if (editor_type === 'SYSTEM_DRAGGABLE') {
      if (!definition)
        throw refused(
          'Klaviyo does not show the blocks of this email: put the picture into it by hand, as an image block.',
        );
      const { value, changes } = placeInDefinition(definition, block);
      return { value: { definition: withoutIds(value) }, changes };
    }
    if (editor_type !== 'CODE' && editor_type !== 'USER_DRAGGABLE')
      throw refused(
        `The email ${id} was made with an editor that takes no pictures by address: make it with another one.`,
      );
    const after = placeInHtml(html, block);
    return { value: { html: after }, changes: after === html ? [] : [{ part: 'HTML', before: html, after }] };
  }

  async function placeInTemplate(template: Template, { block, dryRun, signal, replace }: Order): Promise<Placed> {
    const { value, changes } = changed(template, block);
    if (dryRun || changes.length === 0) return { changes, notes: [] };
    const { id, attributes } = template;
    const answer = await client.ask('changeTemplate', signal, (apis) =>
      apis.send('PATCH', `/api/templates/${encodeURIComponent(id)}`, {
        data: { type: 'template', id, attributes: value },
      }),
    );
    if (answer) return { changes, notes: [] };
    if (!replace) throw missing('template', id);
    const { name, editor_type } = attributes;
    const copy = await client.ask<Answer<Template>>('changeTemplate', signal, (apis) =>
      apis.send('POST', '/api/templates', { data: { type: 'template', attributes: { name, editor_type, ...value } } }),
    );
    if (!copy) throw missing('template', id);
    try {
      return { changes, notes: [await replace(copy.data.id)] };
    } catch (error) {
      await drop(copy.data.id, signal).catch(() => undefined);
      throw error;
    }
  }

  const drop = (id: string, signal: AbortSignal) =>
    client.ask('changeTemplate', signal, (apis) => apis.templates().deleteTemplate(id));

  const readTemplate = async (id: string, signal: AbortSignal): Promise<Template | undefined> =>
    (
      await client.ask<Answer<Template>>('templates', signal, (apis) =>
        apis.templates().getTemplate(id, { additionalFieldsTemplate: ['definition'] }),
      )
    )?.data;

  async function placeInUniversalContent(id: string, { block, dryRun, signal }: Order): Promise<Placed> {
    const answer = await client.ask<Answer<{ readonly attributes: { readonly definition?: Block | null } }>>(
      'universalContent',
      signal,
      (apis) => apis.templates().getUniversalContent(id),
    );
    if (!answer) throw missing('universal content', id);
    const { value, changes } = placeInBlock(answer.data.attributes.definition ?? {}, block);
    if (!dryRun && changes.length > 0) {
      const type = 'template-universal-content';
      const written = await client.ask('changeUniversalContent', signal, (apis) =>
        apis.send('PATCH', `/api/${type}/${encodeURIComponent(id)}`, {
          data: { type, id, attributes: { definition: value } },
        }),
      );
      if (!written) throw missing('universal content', id);
    }
    return { changes, notes: ['It is for every email that shows this universal content.'] };
  }

  /** Each email of a campaign: there are several when versions of it are tried against each other. */
  async function placeInCampaign(id: string, order: Order): Promise<Placed> {
    const { signal } = order;
    const campaign = await client.ask<Answer<Campaign>>('campaigns', signal, (apis) =>
      apis.campaigns().getCampaign(id),
    );
    const messages = await client.ask<Answer<readonly Message[]>>('campaigns', signal, (apis) =>
      apis.campaigns().getMessagesForCampaign(id),
    );
    if (!campaign || !messages) throw missing('campaign', id);
    const { status } = campaign.data.attributes;
    if (/^(Sent|Sending$|Variations Sent|Cancelled)/.test(status))
      throw refused('This campaign is on its way already, or was cancelled: place the picture in one that is a draft.');
    const emails = messages.data.filter(({ attributes }) => (attributes?.definition?.channel ?? 'email') === 'email');
    const placed: Placed[] = [];
    for (const message of emails) {
      const template = await client.ask<Answer<Template>>('campaignTemplate', signal, (apis) =>
        apis.campaigns().getTemplateForCampaignMessage(message.id),
      );
      if (!template) continue;
      const whole = (await readTemplate(template.data.id, signal)) ?? template.data;
      const replace = (copy: string) => assign(message.id, copy, signal);
      placed.push(await placeInTemplate(whole, { ...order, replace }));
    }
    if (placed.length === 0) throw refused('This campaign has no email yet: choose its template first.');
    const notes = new Set(placed.flatMap((each) => each.notes));
    if (status !== 'Draft') notes.add('The campaign is planned already: look at it once more in Klaviyo.');
    return { changes: placed.flatMap(({ changes }) => changes), notes: [...notes] };
  }

  /** Klaviyo makes a clone of it for the message, so that the copy itself is of no more use. */
  async function assign(message: string, copy: string, signal: AbortSignal): Promise<string> {
    await client.ask('assignTemplate', signal, (apis) =>
      apis.send('POST', '/api/campaign-message-assign-template', {
        data: {
          type: 'campaign-message',
          id: message,
          relationships: { template: { data: { type: 'template', id: copy } } },
        },
      }),
    );
    await drop(copy, signal);
    return 'Klaviyo does not let the email of this campaign be changed, so the campaign was given a copy with the picture.';
  }

  async function placeInFlow(id: string, order: Order): Promise<Placed> {
    const { signal, block } = order;
    const template = await client.ask<Answer<Template>>('flowTemplate', signal, (apis) =>
      apis.flows().getTemplateForFlowMessage(id),
    );
    if (!template) throw missing('email of a flow', id);
    const whole = (await readTemplate(template.data.id, signal)) ?? template.data;
    const replace = (copy: string) => exchangeTemplate(client, id, copy, signal);
    const placed = await placeInTemplate(whole, { ...order, replace });
    const note = await noteOnFlow(client, id, block.address, signal);
    return { changes: placed.changes, notes: note === null ? placed.notes : [...placed.notes, note] };
  }

  return async (target: PlaceTarget, block, dryRun, signal) => {
    const order = { block, dryRun, signal };
    if (target.kind === 'universal-content') return placeInUniversalContent(target.id, order);
    if (target.kind === 'flow-message') return placeInFlow(target.id, order);
    if (target.kind === 'campaign') {
      if (target.section !== undefined)
        throw refused("Klaviyo's emails have no sections with names: leave the section out.");
      return placeInCampaign(target.id, order);
    }
    const template = await readTemplate(target.id, signal);
    if (!template) throw missing('template', target.id);
    const placed = await placeInTemplate(template, order);
    const note =
      'Campaigns and flows that use this template already keep the copy they were given: choose it there again.';
    return { changes: placed.changes, notes: [...placed.notes, note] };
  };
}

type Action = {
  readonly id: string;
  readonly attributes: {
    readonly definition?: { readonly data?: { readonly message?: Readonly<Record<string, unknown>> } } | null;
  };
};

/** Lets the step of a flow send another template; nothing else about it changes. */
async function exchangeTemplate(client: Client, message: string, copy: string, signal: AbortSignal): Promise<string> {
  const action = await client.ask<Answer<Action>>('flows', signal, (apis) =>
    apis.flows().getActionForFlowMessage(message),
  );
  const definition = action?.data.attributes.definition;
  if (!action || !definition?.data?.message)
    throw refused(
      'Klaviyo does not let the email of this flow be changed from outside: put the picture into it by hand.',
    );
  const { id } = action.data;
  const changed = {
    ...definition,
    data: { ...definition.data, message: { ...definition.data.message, template_id: copy } },
  };
  await client.ask('changeFlow', signal, (apis) =>
    apis.send('PATCH', `/api/flow-actions/${encodeURIComponent(id)}`, {
      data: { type: 'flow-action', id, attributes: { definition: changed } },
    }),
  );
  return 'Klaviyo does not let the email of this flow be changed, so the flow now sends a copy with the picture, which is in your templates.';
}
