import { describe, expect, it } from 'vitest';
import { openSpec } from './spec.ts';

const klaviyo = openSpec('klaviyo');
const mailchimp = openSpec('mailchimp');
const why = 'the API descriptions are in no folder shared/specs beside the checkout, nor where PLATFORM_SPECS says';

const JSON_API = 'application/vnd.api+json';
const headers = { revision: '2026-07-15', 'content-type': JSON_API };
const job = (profile: object): string =>
  JSON.stringify({
    data: {
      type: 'profile-bulk-import-job',
      attributes: { profiles: { data: [{ type: 'profile', id: '01GDDKASAP8TKDDA2GRZDSVP4H', attributes: profile }] } },
    },
  });

describe.skipIf(!klaviyo)(`what Klaviyo's description says of a call (not run when ${why})`, () => {
  const request = (method: string, target: string, body = '', more: object = {}): string[] | undefined =>
    klaviyo?.checkRequest(method, target, { ...headers, ...more }, body);
  const get = (target: string): string[] | undefined => request('GET', target);
  const answer = (target: string, status: number, body: unknown): string[] | undefined =>
    klaviyo?.checkAnswer('GET', target, status, typeof body === 'string' ? body : JSON.stringify(body));

  it('finds nothing to say of good ones', () => {
    expect(
      get(
        '/api/lists/Y6nRLr/profiles?page[size]=100&additional-fields[profile]=subscriptions&fields[profile]=first_name,properties',
      ),
    ).toEqual([]);
    expect(get("/api/campaigns?filter=equals(messages.channel,'email'),equals(status,'Scheduled')")).toEqual([]);
    expect(get('/api/profiles?filter=greater-than(updated,2026-01-01T00:00:00Z)&sort=updated')).toEqual([]);
    expect(request('POST', '/api/profile-bulk-import-jobs', job({ properties: { 'Any name': 1, b: null } }))).toEqual(
      [],
    );
  });

  it('knows paths and methods', () => {
    expect(get('/api/profile/X')).toEqual(['GET /api/profile/X is not in the description.']);
    expect(request('PUT', '/api/profiles/X')).toEqual(['PUT /api/profiles/X is not in the description.']);
    expect(request('GET', '/api/profiles/X', '', { revision: undefined })).toEqual([
      'GET /api/profiles/{id}: The parameter revision is missing.',
    ]);
  });

  it.each([
    ['/api/lists/X/profiles?page[size]=101', /page\[size\] must be <= 100/],
    ['/api/lists?page[size]=11', /page\[size\] must be <= 10/],
    ['/api/profiles?page[size]=some', /page\[size\] must be integer/],
    ['/api/profiles?fields[profile]=first_name,shoe_size', /fields\[profile\]\/1 must be equal to one of/],
    ['/api/profiles?additional-fields[profile]=everything', /additional-fields/],
    ['/api/profiles?page_size=10', /page_size is not in the description/],
    ['/api/profiles?sort=shoe_size', /sort must be equal to one of/],
    ['/api/profiles?sort=id&sort=-id', /sort comes 2 times/],
    ['/api/campaigns', /filter is missing/],
    ["/api/campaigns?filter=equals(send_time,'now')", /filter cannot use send_time/],
    ['/api/lists/X/profiles?filter=greater-than(updated,2026-01-01T00:00:00Z)', /filter cannot use updated/],
    ['/api/profiles?filter=less-or-equal(updated,2026-01-01T00:00:00Z)', /filter cannot use less-or-equal of updated/],
    ['/api/profiles?filter=updated', /filter cannot be read/],
  ])('has something to say of %s', (target, sentence) => {
    expect(get(target)).toEqual([expect.stringMatching(sentence)]);
  });

  it('reads bodies', () => {
    const post = (body: string, more = {}) => request('POST', '/api/profile-bulk-import-jobs', body, more);
    expect(post('')).toEqual([expect.stringMatching(/body is missing/)]);
    expect(post('{')).toEqual([expect.stringMatching(/not JSON/)]);
    expect(post('{}')).toEqual([expect.stringMatching(/must have required property 'data'/)]);
    expect(post(job({ firstName: 'Ada' }))).toContainEqual(expect.stringMatching(/firstName/));
    expect(post(job({ first_name: 7 }))).toContainEqual(expect.stringMatching(/first_name must be string/));
    expect(post(job({ updated: '2026-01-01T00:00:00Z' }))).toContainEqual(expect.stringMatching(/updated/));
    expect(post(job({}), { 'content-type': 'text/plain' })).toEqual([expect.stringMatching(/content type .* text/)]);
    expect(request('GET', '/api/profiles/X', '{}')).toEqual([expect.stringMatching(/body is not in/)]);
  });

  it('reads answers', () => {
    const links = { self: 'https://a.klaviyo.com/api/lists' };
    const list = { type: 'list', id: 'X', attributes: { name: 'All', created: null, updated: null }, links };
    const page = (one: object) => ({ data: [one], links: { ...links, next: null } });
    const optIn = { ...list, attributes: { ...list.attributes, opt_in_process: 'single_opt_in' } };
    expect(answer('/api/lists', 200, page(optIn))).toEqual([]);
    expect(answer('/api/lists', 200, page({ ...optIn, type: 'lists' }))).toContainEqual(expect.stringMatching(/type/));
    expect(answer('/api/lists', 200, { data: optIn })).not.toEqual([]);
    expect(answer('/api/lists', 200, '<html>')).toEqual([expect.stringMatching(/not JSON/)]);
    expect(answer('/api/lists', 201, page(optIn))).toEqual([expect.stringMatching(/status 201 is not/)]);
    expect(answer('/api/lists', 403, { detail: 'no' })).toEqual([expect.stringMatching(/errors/)]);
    expect(answer('/api/lists', 429, '')).toEqual([]);
    expect(answer('/api/lists', 502, '<html>')).toEqual([]);
    expect(answer('/api/lists?fields[list]=name', 200, page({ ...list, attributes: { name: 'All' } }))).toEqual([]);
  });
});

describe.skipIf(!mailchimp)(`what Mailchimp's description says of a call (not run when ${why})`, () => {
  const request = (method: string, target: string, body?: object): string[] | undefined =>
    mailchimp?.checkRequest(method, target, { 'content-type': 'application/json' }, body ? JSON.stringify(body) : '');

  it('finds nothing to say of good ones', () => {
    expect(request('GET', '/3.0/lists/a1/members?count=1000&offset=0&fields=members.id,total_items')).toEqual([]);
    expect(request('GET', '/3.0/')).toEqual([]);
    const members = [{ email_address: 'a@example.com', merge_fields: { MPXREF: 'x' } }];
    expect(request('POST', '/3.0/lists/a1?skip_merge_validation=true', { members, update_existing: true })).toEqual([]);
    expect(request('POST', '/3.0/lists/a1/webhooks', { url: 'https://x.example/', events: { profile: true } })).toEqual(
      [],
    );
  });

  it('has something to say of others', () => {
    expect(request('GET', '/lists')).toEqual([expect.stringMatching(/not in the description/)]);
    expect(request('GET', '/3.0/lists/a1/members?count=1001')).toEqual([expect.stringMatching(/must be <= 1000/)]);
    expect(request('GET', '/3.0/lists/a1/members?page=2')).toEqual([expect.stringMatching(/page is not/)]);
    expect(request('POST', '/3.0/lists/a1', { member: [] })).toHaveLength(2);
    expect(request('POST', '/3.0/lists/a1/merge-fields', { name: 'x', type: 'texts' })).toEqual([
      expect.stringMatching(/type must be equal to one of the allowed values: text, number/),
    ]);
  });

  it('reads answers, but errors', () => {
    const answer = (status: number, body: unknown) =>
      mailchimp?.checkAnswer('GET', '/3.0/lists/a1/members', status, JSON.stringify(body));
    expect(answer(200, { members: [{ status: 'archived', last_changed: '2026-01-01T00:00:00+00:00' }] })).toEqual([]);
    expect(answer(200, { members: [{ status: 'gone' }], total_items: '1' })).toHaveLength(2);
    expect(answer(404, { status: 404 })).toEqual([]);
    expect(mailchimp?.checkAnswer('DELETE', '/3.0/lists/a1/webhooks/b', 204, '')).toEqual([]);
    expect(mailchimp?.checkAnswer('DELETE', '/3.0/lists/a1/webhooks/b', 204, '{}')).toHaveLength(1);
  });
});
