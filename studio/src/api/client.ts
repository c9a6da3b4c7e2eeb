import createClient, { type Middleware } from 'openapi-fetch';
import type { paths } from '../../../dist/studio-api/schema.d.ts';
import { words } from '../words.ts';

/** What the service refused, in its own sentence; `status` is 0 when it could not be reached. */
export class Refused extends Error {
  readonly status: number;
  readonly faults: readonly { path: string; message: string }[];

  constructor(status: number, message: string, faults: readonly { path: string; message: string }[] = []) {
    super(message);
    this.status = status;
    this.faults = faults;
  }
}

let csrf = '';

/** The token of the session, which goes with everything that changes something. */
export const keepToken = (token: string): void => {
  csrf = token;
};

const withToken: Middleware = {
  onRequest({ request }) {
    if (csrf !== '' && request.method !== 'GET') request.headers.set('X-CSRF-Token', csrf);
  },
};

/** The service's API, typed from its own description. */
export const api = createClient<paths>({ baseUrl: '/' });
api.use(withToken);

type Answer<Data> = { data?: Data; error?: unknown; response: Response };

/** The data of an answer. Throws `Refused`. */
export async function dataOf<Data>(asking: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await asking.catch(() => {
    throw new Refused(0, words.trouble.away);
  });
  if (response.ok) return data as Data;
  const problem = (typeof error === 'object' && error !== null ? error : {}) as {
    detail?: string;
    faults?: { path: string; message: string }[];
  };
  throw new Refused(response.status, problem.detail ?? words.trouble.away, problem.faults);
}
