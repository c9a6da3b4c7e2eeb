import { randomUUID } from 'node:crypto';

/** What a route gives: a status and a JSON body, or none. */
export type Answer = { readonly status: number; readonly body?: unknown };

/** A refusal in Klaviyo's own form: JSON:API errors, one here. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, code: string, title: string, detail: string, source: object = { pointer: '/data/' }) {
    super(detail);
    this.status = status;
    this.body = { errors: [{ id: randomUUID(), status, code, title, detail, source, links: {}, meta: {} }] };
  }
}

export const invalid = (detail: string, parameter?: string): Refusal =>
  new Refusal(400, 'invalid', 'Invalid input.', detail, parameter ? { parameter } : undefined);

export const notFound = (what: string, id: string): Refusal =>
  new Refusal(404, 'not_found', 'Not found.', `A ${what} with id ${id} does not exist.`);

export const iso = (ms: number): string => new Date(ms).toISOString().replace('Z', '000+00:00');
