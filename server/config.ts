import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { AppError, type Fault, nearest } from '../core/errors.ts';

/** One named secret: `kid` travels with what it signed or sealed, `secret` is at least 32 bytes. */
export type KeySecret = { readonly kid: string; readonly secret: string };

/** How S3 is reached. Without an endpoint it is Amazon's; without credentials those of its own libraries are looked for. */
export type S3Settings = {
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
};

/** How a platform is reached: elsewhere than at its own address, and as which registered app. */
export type PlatformSettings = {
  readonly baseUrl: string | undefined;
  readonly oauth: { readonly id: string; readonly secret: string } | undefined;
};

/** The settings of one serving process, checked and complete. Folders are absolute; stores are `scheme:rest` URLs. */
export type Config = {
  readonly production: boolean;
  readonly port: number;
  readonly host: string | undefined;
  /** Without a trailing slash; undefined means `http://localhost:<the port in use>`. */
  readonly publicUrl: string | undefined;
  readonly dataDir: string;
  readonly database: string;
  readonly blobs: string;
  readonly s3: S3Settings;
  readonly cache: string;
  readonly cacheBytes: number;
  /** How much of the cache this process also keeps in its own memory. */
  readonly cacheMemoryBytes: number;
  /** `embedded`, or the address of the Redis that brings jobs to workers. */
  readonly queue: string;
  /** Whether the service works off jobs, too, large warm-ups in a process apart or `here` as well, or leaves all to workers. */
  readonly jobs: 'on' | 'here' | 'off';
  /** First signs, all verify. Empty: made on first run and kept in the data folder. */
  readonly signingKeys: readonly KeySecret[];
  readonly encryptionKeys: readonly KeySecret[];
  readonly adminKey: string | undefined;
  /** What may read `/metrics` besides the admin key. */
  readonly metricsKey: string | undefined;
  readonly renderProcesses: number | undefined;
  readonly logLevel: LogLevel;
  /** Addresses or CIDR ranges that fetching may reach although they are private; any port is allowed on them. */
  readonly allowAddresses: readonly string[];
  /** Requests a key may make within a minute; five times as many to make pictures. */
  readonly rateLimit: number;
  /** Origins whose pages may ask the API from a browser. */
  readonly corsOrigins: readonly string[];
  readonly platforms: Readonly<Record<'klaviyo' | 'mailchimp', PlatformSettings>>;
};

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** How much is logged, from most to nothing. */
export type LogLevel = (typeof logLevels)[number];

/** Whether browsers reach this service over TLS only. */
export const isSecure = ({ production, publicUrl }: Pick<Config, 'production' | 'publicUrl'>): boolean =>
  production || publicUrl?.startsWith('https:') === true;

const PREFIX = 'MERGEPIX_';
const MIN_SECRET_BYTES = 32;

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max, {
      message: `expected a whole number from ${min} to ${max}`,
    })
    .transform(Number);

const storeUrl = (...schemes: string[]) =>
  z.string().refine((text) => schemes.some((scheme) => text.startsWith(`${scheme}:`)), {
    message: `expected a value that starts with ${schemes.map((scheme) => `${scheme}:`).join(' or ')}`,
  });

const databaseUrl = storeUrl('sqlite', 'postgres', 'postgresql').refine(
  (text) => !/^postgres(ql)?:/.test(text) || (URL.canParse(text) && new URL(text).pathname.length > 1),
  { message: 'expected a PostgreSQL address such as postgres://user:password@db.example.com:5432/mergepix' },
);

const cacheUrl = storeUrl('lmdb', 'memory', 'redis', 'rediss', 'postgres', 'postgresql').refine(
  (text) => /^(?:lmdb|memory):/.test(text) || (URL.canParse(text) && new URL(text).hostname !== ''),
  { message: 'expected an address such as redis://user:password@cache.example.com:6379/0' },
);

const queueUrl = z
  .string()
  .refine((text) => text === 'embedded' || (/^rediss?:/.test(text) && URL.canParse(text) && new URL(text).hostname), {
    message: 'expected embedded, or an address such as redis://user:password@queue.example.com:6379/0',
  });

const longEnough = (secret: string) => Buffer.byteLength(secret) >= MIN_SECRET_BYTES;

const keyList = z.string().transform((text, context) => {
  const keys = text.split(',').map((entry) => {
    const colon = entry.indexOf(':');
    return { kid: entry.slice(0, Math.max(0, colon)).trim(), secret: entry.slice(colon + 1).trim() };
  });
  const fail = (message: string) => context.addIssue({ code: 'custom', message });
  // The text itself is never repeated in a message: it is a secret.
  if (keys.some(({ kid }) => !/^[A-Za-z0-9_-]{1,16}$/.test(kid))) {
    fail('expected kid:secret pairs separated by commas, each kid 1 to 16 letters, digits, - or _');
  } else if (keys.some(({ secret }) => !longEnough(secret))) {
    fail(`every secret must be at least ${MIN_SECRET_BYTES} bytes long: make one with openssl rand -base64 48`);
  } else if (new Set(keys.map(({ kid }) => kid)).size !== keys.length) fail('two keys have the same kid');
  return keys;
});

const webAddress = (example: string) =>
  z.string().transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash) {
      context.addIssue({ code: 'custom', message: `expected an http or https address such as ${example}` });
    }
    return text.replace(/\/+$/, '');
  });

const S3_PLACE = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[\w./-]*)?$/;

const addressList = z
  .string()
  .transform((text) => text.split(',').map((entry) => entry.trim()))
  .refine((entries) => entries.every((entry) => ipaddr.isValid(entry) || ipaddr.isValidCIDR(entry)), {
    message: 'expected IP addresses or CIDR ranges separated by commas, such as 127.0.0.1,10.1.0.0/16',
  });

const originList = z
  .string()
  .transform((text) => text.split(',').map((entry) => entry.trim()))
  .refine((entries) => entries.every((entry) => URL.canParse(entry) && new URL(entry).origin === entry), {
    message: 'expected origins separated by commas, such as https://app.example.com,https://studio.example.com',
  });

const keyText = z.string().refine((text) => longEnough(text) && /^[\x21-\x7e]{1,512}$/.test(text), {
  message: `expected ${MIN_SECRET_BYTES} to 512 letters, digits and signs, without spaces`,
});

const variables = {
  PORT: wholeNumber(0, 65535),
  HOST: z.string(),
  PUBLIC_URL: webAddress('https://img.example.com'),
  DATA_DIR: z.string(),
  DATABASE: databaseUrl,
  BLOBS: storeUrl('file', 's3').refine((text) => !text.startsWith('s3:') || S3_PLACE.test(text), {
    message: 'expected a bucket such as s3://bucket or s3://bucket/prefix',
  }),
  S3_ENDPOINT: webAddress('https://s3.example.com'),
  S3_REGION: z.string(),
  S3_ACCESS_KEY_ID: z.string(),
  S3_SECRET_ACCESS_KEY: z.string(),
  CACHE: cacheUrl,
  CACHE_MB: wholeNumber(16, 1_000_000),
  CACHE_MEMORY_MB: wholeNumber(0, 100_000),
  QUEUE: queueUrl,
  JOBS: z.enum(['on', 'here', 'off'], { error: 'expected on, here or off' }),
  SIGNING_KEYS: keyList,
  ENCRYPTION_KEYS: keyList,
  ADMIN_KEY: keyText,
  METRICS_KEY: keyText,
  RENDER_PROCESSES: wholeNumber(1, 64),
  LOG_LEVEL: z.enum(logLevels, { error: `expected one of ${logLevels.join(', ')}` }),
  ALLOW_ADDRESSES: addressList,
  RATE_LIMIT: wholeNumber(1, 100_000_000),
  CORS_ORIGINS: originList,
  KLAVIYO_URL: webAddress('https://klaviyo-proxy.example.com'),
  KLAVIYO_CLIENT_ID: z.string(),
  KLAVIYO_CLIENT_SECRET: z.string(),
  MAILCHIMP_URL: webAddress('https://mailchimp-proxy.example.com'),
  MAILCHIMP_CLIENT_ID: z.string(),
  MAILCHIMP_CLIENT_SECRET: z.string(),
} satisfies Record<string, z.ZodType>;

type Variable = keyof typeof variables;
type Settings = { [Name in Variable]?: z.output<(typeof variables)[Name]> };

const secretVariables = ['SIGNING_KEYS', 'ENCRYPTION_KEYS', 'ADMIN_KEY'] as const satisfies readonly Variable[];
// An address may hold a password.
const fileVariables = [
  ...secretVariables,
  'METRICS_KEY',
  'DATABASE',
  'CACHE',
  'QUEUE',
  'S3_SECRET_ACCESS_KEY',
  'KLAVIYO_CLIENT_SECRET',
  'MAILCHIMP_CLIENT_SECRET',
] as const satisfies readonly Variable[];

// One is of no use without the other.
const pairs = [
  ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
  ['KLAVIYO_CLIENT_ID', 'KLAVIYO_CLIENT_SECRET'],
  ['MAILCHIMP_CLIENT_ID', 'MAILCHIMP_CLIENT_SECRET'],
] as const satisfies readonly (readonly [Variable, Variable])[];

/**
 * Reads every `MERGEPIX_*` variable (secrets also from the file a `*_FILE` variable names). An empty one counts as
 * not set. Throws `config_invalid` with every fault at once, each under its variable's name.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: Fault[] = [];
  const texts = readTexts(env, faults);
  const settings: Settings = {};
  for (const [name, schema] of Object.entries(variables)) {
    const text = texts[name];
    if (text === undefined) continue;
    const result = schema.safeParse(text);
    if (result.success) Object.assign(settings, { [name]: result.data });
    else for (const issue of result.error.issues) faults.push({ path: PREFIX + name, message: issue.message });
  }
  const production = env.NODE_ENV === 'production';
  if (production) {
    for (const name of secretVariables) {
      const message = `required when NODE_ENV is production (or ${PREFIX}${name}_FILE)`;
      if (texts[name] === undefined) faults.push({ path: PREFIX + name, message });
    }
  }
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  for (const [name, other] of pairs) {
    if ((settings[name] === undefined) === (settings[other] === undefined)) continue;
    const missing = settings[name] === undefined ? name : other;
    faults.push({ path: PREFIX + missing, message: 'required with the other half of the key' });
  }
  if (faults.length > 0) {
    const lines = faults.map(({ path, message }) => `${path}: ${message}`);
    throw new AppError('config_invalid', `The configuration has faults. ${lines.join('; ')}.`, { faults });
  }
  const dataDir = resolve(settings.DATA_DIR ?? 'data');
  return {
    production,
    port: settings.PORT ?? 8080,
    host: settings.HOST,
    publicUrl: settings.PUBLIC_URL,
    dataDir,
    database: settings.DATABASE ?? `sqlite:${resolve(dataDir, 'mergepix.db')}`,
    blobs: settings.BLOBS ?? `file:${resolve(dataDir, 'blobs')}`,
    s3: {
      endpoint: settings.S3_ENDPOINT,
      region: settings.S3_REGION ?? 'us-east-1',
      credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
    },
    cache: settings.CACHE ?? `lmdb:${resolve(dataDir, 'cache')}`,
    cacheBytes: (settings.CACHE_MB ?? 1024) * 1024 * 1024,
    cacheMemoryBytes: (settings.CACHE_MEMORY_MB ?? 64) * 1024 * 1024,
    queue: settings.QUEUE ?? 'embedded',
    jobs: settings.JOBS ?? 'on',
    signingKeys: settings.SIGNING_KEYS ?? [],
    encryptionKeys: settings.ENCRYPTION_KEYS ?? [],
    adminKey: settings.ADMIN_KEY,
    metricsKey: settings.METRICS_KEY,
    renderProcesses: settings.RENDER_PROCESSES,
    logLevel: settings.LOG_LEVEL ?? 'info',
    allowAddresses: settings.ALLOW_ADDRESSES ?? [],
    rateLimit: settings.RATE_LIMIT ?? 600,
    corsOrigins: settings.CORS_ORIGINS ?? [],
    platforms: {
      klaviyo: {
        baseUrl: settings.KLAVIYO_URL,
        oauth: oauthOf(settings.KLAVIYO_CLIENT_ID, settings.KLAVIYO_CLIENT_SECRET),
      },
      mailchimp: {
        baseUrl: settings.MAILCHIMP_URL,
        oauth: oauthOf(settings.MAILCHIMP_CLIENT_ID, settings.MAILCHIMP_CLIENT_SECRET),
      },
    },
  };
}

const oauthOf = (id?: string, secret?: string): PlatformSettings['oauth'] =>
  id && secret ? { id, secret } : undefined;

function readTexts(env: Readonly<Record<string, string | undefined>>, faults: Fault[]): Record<string, string> {
  const known = [...Object.keys(variables), ...fileVariables.map((name) => `${name}_FILE`)];
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(env)) {
    if (!key.startsWith(PREFIX) || value === undefined || value === '') continue;
    const name = key.slice(PREFIX.length);
    if (!known.includes(name)) {
      const near = nearest(name, known);
      faults.push({ path: key, message: `unknown variable${near ? `: did you mean ${PREFIX}${near}?` : ''}` });
    } else if (!name.endsWith('_FILE')) texts[name] = value.trim();
    else if (env[key.slice(0, -'_FILE'.length)]) {
      faults.push({ path: key, message: `set either this or ${key.slice(0, -'_FILE'.length)}, not both` });
    } else {
      try {
        texts[name.slice(0, -'_FILE'.length)] = readFileSync(value, 'utf8').trim();
      } catch {
        faults.push({ path: key, message: 'the file it names cannot be read' });
      }
    }
  }
  return texts;
}
