import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startNeighbour } from './neighbour.ts';
import { app, connect, runStep, startConnected, zapier } from './zapier.ts';

let made: Awaited<ReturnType<typeof startConnected>>;
beforeAll(async () => {
  made = await startConnected();
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await made.service.close();
  await zapier.close();
});

const test = (changes: Record<string, string> = {}) =>
  runStep<{ workspace: string; host: string }>('authentication.test', { authData: { ...made.authData, ...changes } });
/** What whoever connects is told, without what Zapier adds for the developer. */
const told = async (changes: Record<string, string>): Promise<string> => {
  const error = (await test(changes).then(
    (answer) => new Error(`connected: ${JSON.stringify(answer)}`),
    (thrown: unknown) => thrown,
  )) as Error;
  const [first = ''] = error.message.split('\nWhat happened');
  return first.startsWith('{') ? (JSON.parse(first) as { message: string }).message : first;
};

describe('a connection', () => {
  it('is named after its workspace and host', async () => {
    const host = new URL(made.service.url).host;
    expect(await test()).toEqual({ workspace: 'Default', host });
    expect(app.authentication?.connectionLabel).toBe('{{workspace}} ({{host}})');
  });

  it('takes the address as people copy it', async () => {
    const { url } = made.service;
    const pages = ['', '/', '/docs', '/docs/', '/studio/templates?x=1#y', '/openapi.json', '/v1', '/i/token.png'];
    for (const base_url of [` ${url} `, ...pages.map((page) => url + page)])
      expect(await test({ base_url }), base_url).toMatchObject({ workspace: 'Default' });
  });

  it('reaches an installation that shares its host with others', async () => {
    await using proxy = await startNeighbour(async (request, response) => {
      const [, path] = /^\/pictures(\/.*)$/.exec(request.url ?? '') ?? [];
      if (path === undefined) return response.writeHead(404).end();
      const { authorization = '' } = request.headers;
      const answer = await fetch(made.service.url + path, { headers: { authorization } });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    });
    for (const page of ['/pictures', '/pictures/', '/pictures/studio'])
      expect(await test({ base_url: proxy.url + page }), page).toEqual({ workspace: 'Default', host: proxy.host });
    expect(await told({ base_url: proxy.url })).toMatch(/is not a Mergepix installation/);
  });

  it('that is refused says why, and what to do', async () => {
    expect(await told({ api_key: 'mpx_wrong' })).toBe(
      'Mergepix does not know this API key, or no longer: make a new one, then reconnect your account.',
    );
    expect(await told(await connect(made.service, ['templates:read']))).toMatch(/workspace:read/);
  });

  it.each([
    ['', 'Fill in the address of your Mergepix installation, such as https://img.example.com.'],
    ['https://', 'Fill in the address of your Mergepix installation, such as https://img.example.com.'],
    [
      'http://img.example.com',
      'Begin the address with https://: your API key is sent there, and nobody else may read it.',
    ],
    [
      'ftp://img.example.com',
      'Begin the address with https://: your API key is sent there, and nobody else may read it.',
    ],
    [
      'https://me:secret@img.example.com',
      'Leave the user name and password out of the address: the API key says who you are.',
    ],
    ...[
      'http://localhost:8080',
      'https://localhost',
      'https://localhost.',
      'https://2130706434',
      'https://127.1.2.3',
      'https://10.0.0.7',
      'https://172.20.1.1',
      'https://192.168.0.2',
      'https://169.254.169.254',
      'https://[::1]',
      'https://studio.local',
    ].map((address) => [
      address,
      'Use an address that the internet reaches: Zapier cannot see your own computer or network.',
    ]),
    ['https://no-such-host.invalid', 'There is no host no-such-host.invalid: check the spelling of the address.'],
  ])('to %s is refused', async (base_url = '', sentence = '') => {
    expect(await told({ base_url })).toBe(sentence);
  });

  it('over http is for tests alone, to the one address that is named', async () => {
    vi.stubEnv('MERGEPIX_ALLOW_LOOPBACK', undefined);
    expect(await told({})).toMatch(/^Use an address that the internet reaches/);
    vi.stubEnv('MERGEPIX_ALLOW_LOOPBACK', 'localhost');
    expect(await told({})).toMatch(/^Use an address that the internet reaches/);
    vi.unstubAllEnvs();
  });

  it('to another web site says so', async () => {
    await using page = await startNeighbour((_request, response) =>
      response.setHeader('content-type', 'text/html').end('<h1>Welcome</h1>'),
    );
    const sentence = `${page.host} is not a Mergepix installation: connect with the address that its pages and pictures begin with.`;
    expect(await told({ base_url: page.url })).toBe(sentence);

    await using lost = await startNeighbour((_request, response) => response.writeHead(404).end('not here'));
    expect(await told({ base_url: lost.url })).toBe(sentence.replace(page.host, lost.host));

    await using api = await startNeighbour((_request, response) =>
      response.setHeader('content-type', 'application/json').end('{"hello": "world"}'),
    );
    expect(await told({ base_url: api.url })).toBe(sentence.replace(page.host, api.host));
  });

  it('never takes the key along to where it is redirected', async () => {
    await using other = await startNeighbour((_request, response) => response.end('{}'));
    for (const status of [301, 302, 307, 308]) {
      await using here = await startNeighbour((request, response) =>
        response.writeHead(status, { location: other.url + request.url }).end(),
      );
      expect(await told({ base_url: here.url })).toBe(
        `${here.host} sends elsewhere, to ${other.host}: connect with the address where Mergepix itself answers.`,
      );
      expect(here.asked).toEqual([{ path: '/v1/workspace', authorization: `Bearer ${made.authData.api_key}` }]);
    }
    expect(other.asked).toEqual([]);
  });

  it('to where nothing can be had says what is wrong there', async () => {
    const gone = await startNeighbour((_request, response) => response.end());
    await gone[Symbol.asyncDispose]();
    expect(await told({ base_url: gone.url })).toBe(
      `Nothing answers at ${gone.host}: see whether Mergepix is running and open to the internet, then try again.`,
    );

    await using broken = await startNeighbour((_request, response) =>
      response.writeHead(502).end('<h1>Bad Gateway</h1>'),
    );
    expect(await told({ base_url: broken.url })).toBe(
      `${broken.host} is out of order (502): see whether Mergepix is running there, then try again.`,
    );

    await using cut = await startNeighbour((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 }).write('{"na');
      response.destroy();
    });
    expect(await told({ base_url: cut.url })).toMatch(/^Nothing answers at/);
  });

  it('over https with a certificate that nobody vouches for is refused', async () => {
    await using server = await startNeighbour((_request, response) => response.end('{}'), { tls: true });
    expect(await told({ base_url: server.url })).toBe(
      `${server.host} has no certificate that Zapier trusts: give it one for that very name, with its chain, from a public authority.`,
    );
    expect(server.asked).toEqual([]);

    await using plain = await startNeighbour((_request, response) => response.end('{}'));
    expect(await told({ base_url: plain.url.replace('http:', 'https:') })).toBe(
      `${plain.host} does not speak https at that port: check the port in the address.`,
    );
  });

  it('ends a step before Zapier does, which would tell nobody why', async () => {
    const spans: number[] = [];
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      spans.push(ms);
      const soon = new AbortController();
      setTimeout(() => soon.abort(), 100);
      return soon.signal;
    });
    await using silent = await startNeighbour(() => {});
    expect(await told({ base_url: silent.url })).toBe(`${silent.host} did not answer in time: try again in a minute.`);
    await using slow = await startNeighbour((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"na');
    });
    expect(await told({ base_url: slow.url })).toBe(`${slow.host} did not answer in time: try again in a minute.`);
    expect(spans.every((ms) => ms > 0 && ms <= 28_000)).toBe(true);
  });
});

describe('a service that asks to come back', () => {
  const throttled = async (headers: Record<string, string>, status = 503, body = 'busy') => {
    await using busy = await startNeighbour((_request, response) => response.writeHead(status, headers).end(body));
    const error = await test({ base_url: busy.url }).catch((thrown: Error) => thrown);
    return { name: (error as Error).name, ...JSON.parse((error as Error).message) };
  };

  it('is given the time it asks for', async () => {
    expect(await throttled({ 'retry-after': '7' })).toMatchObject({ name: 'ThrottledError', delay: 7 });
    expect(await throttled({ 'retry-after': '0' })).toMatchObject({ delay: 1 });
    expect(await throttled({})).toMatchObject({ name: 'ThrottledError', delay: 60 });
    expect(await throttled({ 'retry-after': 'soon' })).toMatchObject({ delay: 60 });
    const inTen = new Date(Date.now() + 600_000).toUTCString();
    const { delay } = await throttled({ 'retry-after': inTen });
    expect(delay).toBeGreaterThan(500);
    expect(delay).toBeLessThanOrEqual(600);
    const problem = JSON.stringify({ code: 'idempotency_pending', detail: 'Ask again in a moment.' });
    expect(
      await throttled({ 'retry-after': '2', 'content-type': 'application/problem+json' }, 409, problem),
    ).toMatchObject({ name: 'ThrottledError', message: 'Ask again in a moment.', delay: 2 });
  });

  it('is not asked more often than it allows', async () => {
    const { service, authData } = await startConnected({ MERGEPIX_RATE_LIMIT: '1' });
    const error = await vi.waitUntil(() =>
      runStep('authentication.test', { authData }).then(
        () => undefined,
        (thrown: Error) => thrown,
      ),
    );
    await service.close();
    expect(error.name).toBe('ThrottledError');
    const { message, delay } = JSON.parse(error.message) as { message: string; delay: number };
    expect(message).toBe('Too many requests of this key within a minute: see Retry-After.');
    expect(delay).toBeGreaterThan(0);
    expect(delay).toBeLessThanOrEqual(60);
  });
});
