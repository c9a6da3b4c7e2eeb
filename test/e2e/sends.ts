import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { limits } from '../../integrations/klaviyo/client.ts';
import { queueLooks } from '../../server/warmups/schedule.ts';
import { makeFolder } from '../cli/command.ts';
import { type FakeKlaviyo, startFakeKlaviyo } from '../fakes/klaviyo.ts';
import {
  addCampaign,
  addList,
  addMember,
  createAccount,
  type FakeMailchimp,
  startFakeMailchimp,
} from '../fakes/mailchimp.ts';
import { publish, startTestService, swatch, type TestService } from './service.ts';

/** In ms. */
export const HOUR = 3_600_000;

/** A campaign's warm-up as the list of sends tells it. */
export type Warmup = {
  readonly id: string;
  readonly state: string;
  readonly startAt: string;
  readonly againAt: string | null;
};
/** A campaign as the list of sends tells it. */
export type Send = {
  readonly id: string;
  readonly firstAt: string;
  readonly links: readonly string[] | null;
  readonly notes: readonly string[];
  readonly warmup: Warmup | null;
};
/** A campaign as its marketer treats it. */
type Planned = {
  readonly id: string;
  move(at: number): void;
  edit(html: string): void;
  addressTo(list: 'everybody' | 'others'): void;
  become(state: 'draft' | 'sending'): void;
};
/** An account whose list `everybody` has some people, and `others` one. */
export type Account = {
  readonly connection: Record<string, unknown>;
  plan(html: string, at: number, isLocal?: boolean): Planned;
  /** What stands in the reference field of those in `everybody`. */
  references(): unknown[];
};

export let klaviyo: FakeKlaviyo;
export let mailchimp: FakeMailchimp;
/** The service that looks at what is planned. */
export let service: TestService;
/** Its settings. */
export let env: Record<string, string>;
/** Where its data is, and whatever a test writes. */
export const folder = makeFolder();

/** Sets up both platforms and a service for the tests of a file. */
export function stageSends(): void {
  // The paces of platforms have tests of their own: here nobody should wait for the slower ones.
  Object.assign(limits.M, limits.L);

  beforeAll(async () => {
    klaviyo = await startFakeKlaviyo({ limits: Number.POSITIVE_INFINITY });
    mailchimp = await startFakeMailchimp({ accounts: [] });
    env = {
      ...{ MERGEPIX_PUBLIC_URL: 'https://img.example.com', MERGEPIX_DATA_DIR: join(folder, 'data') },
      ...{ MERGEPIX_KLAVIYO_URL: klaviyo.url, MERGEPIX_MAILCHIMP_URL: mailchimp.url },
      MERGEPIX_SIGNING_KEYS: `k1:${'s'.repeat(32)}`,
      MERGEPIX_ENCRYPTION_KEYS: `e1:${'e'.repeat(32)}`,
    };
    service = await startTestService(env);
    await publish(service, swatch());
  });
  afterAll(async () => {
    await service.close();
    await mailchimp.close();
    await klaviyo.close();
  });

  /** Whoever is looked at next has the platforms for themselves. */
  afterEach(async () => {
    const { data } = await call<{ data: { id: string }[] }>('GET', '/v1/connections?limit=100');
    for (const { id } of data) await call('DELETE', `/v1/connections/${id}`);
  });
}

/** Has another service in place of the one there is while something is done, and closes it then. */
export async function inPlaceOf<Result>(other: TestService, work: () => Promise<Result>): Promise<Result> {
  const before = service;
  service = other;
  try {
    return await work();
  } finally {
    service = before;
    await other.close();
  }
}

const namesOf = (people: number): string[] => Array.from({ length: people }, (_, i) => `Amira ${i}`);

/** One on Klaviyo. */
export function klaviyoAccount(count = 12): Account {
  const account = klaviyo.addAccount();
  const people = namesOf(count).map((first_name, i) => account.addProfile({ email: `p${i}@example.com`, first_name }));
  const lists = {
    everybody: account.addList('Everybody', people),
    others: account.addList('Others', [people[0] as never]),
  };
  return {
    connection: { platform: 'klaviyo', apiKey: account.apiKey, mapping: { first_name: 'first_name' } },
    references: () => people.map(({ properties }) => properties.mergepix),
    plan(html, at, isLocal = false) {
      const template = account.addTemplate({ editor_type: 'CODE', html });
      const when = (sendTime: number) => ({
        sendTime,
        strategy: { method: 'static', datetime: new Date(sendTime).toISOString(), options: { is_local: isLocal } },
      });
      const campaign = account.addCampaign({
        ...{ status: 'Scheduled', included: [lists.everybody.id], templates: [template], ...when(at) },
      });
      return {
        id: campaign.id,
        move: (to) => void Object.assign(campaign, when(to)),
        edit: (text) => {
          const shown = account.templates.get(campaign.messages[0]?.template ?? '');
          if (shown) shown.html = text;
        },
        addressTo: (list) => void Object.assign(campaign, { included: [lists[list].id] }),
        become(state) {
          campaign.status = state === 'draft' ? 'Draft' : 'Sending';
        },
      };
    },
  };
}

/** One on Mailchimp. */
export function mailchimpAccount(): Account {
  const account = createAccount('Acme');
  mailchimp.accounts.push(account);
  const lists = { everybody: addList(account, 'Everybody'), others: addList(account, 'Others') };
  namesOf(12).forEach((FNAME, i) => void addMember(lists.everybody, `p${i}@example.com`, { FNAME }));
  addMember(lists.others, 'p0@example.com', { FNAME: 'Amira 0' });
  return {
    connection: {
      ...{ platform: 'mailchimp', apiKey: account.apiKey, audiences: [lists.everybody.id] },
      mapping: { first_name: 'FNAME' },
    },
    references: () => [...lists.everybody.members.values()].map(({ fields }) => fields.MERGEPIX),
    plan(html, at, timewarp = false) {
      const campaign = addCampaign(account, lists.everybody, html, { status: 'schedule', sendAt: at, timewarp });
      return {
        id: campaign.id,
        move(to) {
          campaign.sendAt = to;
        },
        edit(text) {
          campaign.html = text;
        },
        addressTo: (list) => void Object.assign(campaign, { list: lists[list].id }),
        become(state) {
          campaign.status = state === 'draft' ? 'save' : 'sending';
        },
      };
    },
  };
}

/** Calls the API of the service, which must not refuse. */
export async function call<Body>(method: string, path: string, body?: unknown): Promise<Body> {
  const answer = await service.api(method, path, body);
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

/** Connects an account and gives the connection's id. */
export const connect = async ({ connection }: Account): Promise<string> =>
  (await call<{ id: string }>('POST', '/v1/connections', connection)).id;
/** A link that was made for a connection. */
export const linkFor = (connection: string): Promise<{ id: string; html: string; url: string }> =>
  call('POST', '/v1/links', { template: 'swatch', connection });
/** What is planned on a connection. */
export const sendsOf = async (connection: string): Promise<Send[]> =>
  (await call<{ data: Send[] }>('GET', `/v1/connections/${connection}/sends`)).data;
/** A warm-up as it is by now. */
export const warmupOf = (
  id: string,
): Promise<{ state: string; send: string; included: string[]; attention: string[] }> =>
  call('GET', `/v1/warmups/${id}`);

/** Has every connection looked at by some services, as happens every few minutes. */
export async function queue(...by: readonly TestService[]): Promise<void> {
  await service.services.records.updateTable('connections').set({ look_at: null }).execute();
  await Promise.all(by.map(({ services }) => queueLooks(services, Date.now())));
}

/** The same by the service, until it has looked. */
export async function look(): Promise<void> {
  await queue(service);
  for (;;) {
    const looks = (await service.services.jobs.stats()).find(({ kind }) => kind === 'sends.look');
    if (!looks || looks.waiting + looks.running === 0) return;
    await pause(30);
  }
}

/** The state that a warm-up ends in. */
export async function over(id: string): Promise<string> {
  for (;;) {
    const { state } = await warmupOf(id);
    if (state !== 'queued' && state !== 'running') return state;
    await pause(50);
  }
}

/** An account with one planned campaign that shows a link of ours, which has been looked at. */
export async function planned(account: Account, { inMs = 6 * HOUR, isLocal = false } = {}) {
  const connection = await connect(account);
  const link = await linkFor(connection);
  const campaign = account.plan(`<body>${link.html}</body>`, Date.now() + inMs, isLocal);
  await look();
  const read = async (): Promise<Send & { readonly warmup: Warmup }> => {
    const [send] = await sendsOf(connection);
    expect(send?.warmup).not.toBeNull();
    return send as never;
  };
  return { connection, link, campaign, read, warmup: (await read()).warmup };
}
