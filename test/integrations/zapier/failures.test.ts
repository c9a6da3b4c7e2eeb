import { afterAll, describe, expect, it } from 'vitest';
import { startNeighbour } from './neighbour.ts';
import { app, runStep, zapier } from './zapier.ts';

afterAll(() => zapier.close());

type Table = Record<string, { operation: { perform: unknown; performList?: unknown; performSubscribe?: unknown } }>;

/** What each step is given where it asks for something. */
const given: Readonly<Record<string, Record<string, unknown>>> = {
  list_versions: { template: 'swatch' },
  list_variants: { template: 'swatch' },
  list_sends: { connection: 'c' },
  list_audiences: { connection: 'c' },
  find_template: { name: 'swatch' },
  find_contact: { find_by: 'id', id: 'x' },
  generate_image: { template: 'swatch' },
  generate_pdf: { template: 'swatch', version: '1' },
  generate_images_from_rows: { template: 'swatch', rows: [{ 'row-first_name': 'Amira' }] },
  create_merge_tag_link: { template: 'swatch', platform: 'brevo' },
  warm_up_send: { link: 'x' },
  update_contact_fields: { contact: 'x', fields: { city: 'Oslo' } },
};

/** Everything of the app that asks the installation for something, by where it stands. */
const steps = Object.entries({ triggers: app.triggers, searches: app.searches, creates: app.creates } as unknown as {
  [table: string]: Table;
}).flatMap(([table, of]) =>
  Object.entries(of).flatMap(([key, { operation }]) =>
    (operation.performList ? ['performSubscribe', 'performUnsubscribe', 'performList'] : ['perform']).map((part) => ({
      step: `${table}.${key}.operation.${part}`,
      inputData: given[key] ?? {},
    })),
  ),
);

/** Runs a step against something that answers all alike. */
async function refused(step: string, inputData: Record<string, unknown>, status: number, retryAfter?: string) {
  await using neighbour = await startNeighbour((_, response) => {
    const headers = { 'content-type': 'application/problem+json', ...(retryAfter && { 'retry-after': retryAfter }) };
    response.writeHead(status, headers).end(JSON.stringify({ code: 'a_code', detail: 'This is what to do.', status }));
  });
  const authData = { base_url: neighbour.url, api_key: 'mpx_a_key' };
  const more = { targetUrl: 'https://hooks.example.com/1', subscribeData: { id: 'x', secret: 's' } };
  return await runStep(step, { authData, inputData, ...more }).then(
    () => new Error('was not refused'),
    (error: Error) => error,
  );
}

describe.each(steps)('$step', ({ step, inputData }) => {
  it('has the account reconnected when its key is none any more', async () => {
    expect(await refused(step, inputData, 401)).toMatchObject({ name: 'ExpiredAuthError' });
  });

  it('waits as long as it is asked to', async () => {
    const error = await refused(step, inputData, 429, '17');
    expect(error).toMatchObject({ name: 'ThrottledError' });
    expect(error.message).toMatch(/"delay":17/);
  });

  it('is held for what its data is to blame for, and says what to do', async () => {
    const error = await refused(step, inputData, 422);
    expect(error).toMatchObject({ name: 'HaltedError' });
    expect(error.message).toMatch(/^This is what to do\./);
  });
});
