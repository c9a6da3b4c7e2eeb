import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { readConfig } from '../../server/config.ts';
import { type RunningServer, startServer } from '../../server/main.ts';
import { createLog } from '../../server/observe/log.ts';

/** A service of its own for a test: a folder, a free port, an admin key, and what it logs. */
export type TestService = RunningServer & {
  readonly dataDir: string;
  readonly log: readonly string[];
  /** Calls the API with the admin key (or another one). */
  api(
    method: string,
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<{ status: number; headers: Headers; body: never }>;
};

/** The admin key of every test service. */
export const adminKey = 'an-admin-key-for-tests-that-is-long-enough';

export async function startTestService(env: Record<string, string> = {}): Promise<TestService> {
  const dataDir = env.MERGEPIX_DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'mergepix-')));
  const log: string[] = [];
  const config = readConfig({
    MERGEPIX_PORT: '0',
    MERGEPIX_HOST: '127.0.0.1',
    MERGEPIX_DATA_DIR: dataDir,
    MERGEPIX_ADMIN_KEY: adminKey,
    MERGEPIX_RENDER_PROCESSES: '2',
    MERGEPIX_RATE_LIMIT: '1000000',
    ...env,
  });
  const running = await startServer(config, {
    log: createLog('info', { write: (line) => void log.push(line) }),
    samples: join(dataDir, 'samples'),
  });
  return {
    ...running,
    dataDir,
    log,
    async api(method, path, body, key = adminKey) {
      const isBytes = Buffer.isBuffer(body);
      const response = await fetch(running.url + path, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': isBytes ? 'image/png' : 'application/json' },
        ...(body !== undefined && {
          body: isBytes ? new Uint8Array(body) : typeof body === 'string' ? body : JSON.stringify(body),
        }),
      });
      const text = await response.text();
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      return {
        status: response.status,
        headers: response.headers,
        body: (text === '' ? undefined : isJson ? JSON.parse(text) : text) as never,
      };
    },
  };
}

/** A small template whose picture tells its values by colour: the left half is `color`, the right half the background. */
export const swatch = (changes: Record<string, unknown> = {}) => ({
  name: 'swatch',
  size: { width: 100, height: 40 },
  output: { format: 'png', scale: 1 },
  background: '#ffffff',
  freshness: { mode: 'static', maxAge: 3600 },
  alt: 'A colour for {{ first_name }}',
  fields: {
    first_name: { type: 'text', required: true, fallback: 'there', maxLength: 40 },
    color: { type: 'color', fallback: '#808080' },
  },
  layers: [
    { id: 'half', type: 'shape', shape: 'rect', box: { x: 0, y: 0, width: 50, height: 40 }, fill: '{{ color }}' },
    {
      id: 'name',
      type: 'text',
      text: '{{ first_name }}',
      box: { x: 52, y: 4, width: 46, height: 30 },
      fontFamily: 'Inter',
      fontSize: 12,
      color: '#000000',
      fit: { minFontSize: 6, maxLines: 1 },
    },
  ],
  ...changes,
});

/** Adds and publishes a template. */
export async function publish(service: TestService, template: { name: string }): Promise<number> {
  const made = await service.api('POST', `/v1/templates/${template.name}/versions`, template);
  if (made.status !== 201) throw new Error(`the template was refused: ${JSON.stringify(made.body)}`);
  const { version } = made.body as { version: number };
  const published = await service.api('POST', `/v1/templates/${template.name}/versions/${version}/publish`);
  if (published.status !== 200) throw new Error(`publishing was refused: ${JSON.stringify(published.body)}`);
  return version;
}

/** A picture as it came: its outcome, its size in pixels and the colour in the middle of its left half as #rrggbb. */
export async function look(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  const shown =
    bytes.length > 0 && response.headers.get('content-type')?.startsWith('image/') ? await decode(bytes) : undefined;
  return {
    status: response.status,
    headers: response.headers,
    outcome: response.headers.get('x-mergepix-outcome'),
    bytes,
    ...shown,
  };
}

async function decode(bytes: Buffer) {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 4)) * 3;
  return { width: info.width, height: info.height, color: `#${data.subarray(at, at + 3).toString('hex')}` };
}
