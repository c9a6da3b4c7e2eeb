import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AppError } from '../../core/errors.ts';
import { readConfig } from '../../server/config.ts';

const secret = 'a-secret-that-is-at-least-thirty-two-bytes-long';

const faultsOf = (env: Record<string, string>) => {
  try {
    readConfig(env);
  } catch (error) {
    const { code, faults } = error as AppError;
    expect(code).toBe('config_invalid');
    return Object.fromEntries(faults.map(({ path, message }) => [path, message]));
  }
  throw new Error('expected the configuration to be refused');
};

describe('the configuration', () => {
  it('is complete without a single variable', () => {
    const config = readConfig({ HOME: '/home/me' });
    expect(config).toMatchObject({
      production: false,
      port: 8080,
      signingKeys: [],
      logLevel: 'info',
      publicUrl: undefined,
    });
    expect(config.database).toBe(`sqlite:${join(config.dataDir, 'mergepix.db')}`);
  });

  it('reads every variable', () => {
    const config = readConfig({
      MERGEPIX_PORT: '0',
      MERGEPIX_PUBLIC_URL: 'https://img.example.com/pictures/',
      MERGEPIX_CACHE: 'memory:',
      MERGEPIX_CACHE_MB: '32',
      MERGEPIX_BLOBS: 's3://brand-pictures/mergepix',
      MERGEPIX_S3_ENDPOINT: 'https://s3.example.com/',
      MERGEPIX_S3_ACCESS_KEY_ID: 'AKIA',
      MERGEPIX_S3_SECRET_ACCESS_KEY: 'secret',
      MERGEPIX_SIGNING_KEYS: `new:${secret}, old:${secret}2`,
      MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1, 10.0.0.0/8',
      MERGEPIX_RATE_LIMIT: '100',
      MERGEPIX_CORS_ORIGINS: 'https://app.example.com, http://localhost:5173',
    });
    expect(config.port).toBe(0);
    expect(config.publicUrl).toBe('https://img.example.com/pictures');
    expect(config.cacheBytes).toBe(32 * 1024 * 1024);
    expect(config.rateLimit).toBe(100);
    expect(config.corsOrigins).toEqual(['https://app.example.com', 'http://localhost:5173']);
    expect(config.blobs).toBe('s3://brand-pictures/mergepix');
    expect(config.s3).toEqual({
      endpoint: 'https://s3.example.com',
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' },
    });
    expect(config.signingKeys.map(({ kid }) => kid)).toEqual(['new', 'old']);
    expect(config.allowAddresses).toEqual(['127.0.0.1', '10.0.0.0/8']);
  });

  it('names every fault at once, under its variable', () => {
    const faults = faultsOf({
      MERGEPIX_PORT: 'http',
      MERGEPIX_PUBLIC_URL: 'img.example.com',
      MERGEPIX_DATABASE: 'mongodb://x',
      MERGEPIX_SIGNING_KEYS: 'k1:short',
      MERGEPIX_LOG_LEVEL: 'loud',
      MERGEPIX_ALLOW_ADDRESSES: 'localhost',
    });
    expect(Object.keys(faults).sort()).toEqual([
      'MERGEPIX_ALLOW_ADDRESSES',
      'MERGEPIX_DATABASE',
      'MERGEPIX_LOG_LEVEL',
      'MERGEPIX_PORT',
      'MERGEPIX_PUBLIC_URL',
      'MERGEPIX_SIGNING_KEYS',
    ]);
    expect(faults.MERGEPIX_PORT).toBe('expected a whole number from 0 to 65535');
    expect(faults.MERGEPIX_DATABASE).toContain('sqlite:');
    expect(faultsOf({ MERGEPIX_DATABASE: 'postgres://db.example.com' })).toHaveProperty('MERGEPIX_DATABASE');
  });

  it('refuses an unknown variable with the nearest name', () => {
    expect(faultsOf({ MERGEPIX_SIGNING_KEY: 'x' })).toEqual({
      MERGEPIX_SIGNING_KEY: 'unknown variable: did you mean MERGEPIX_SIGNING_KEYS?',
    });
  });

  it('wants both halves of a key for S3, and a bucket', () => {
    expect(faultsOf({ MERGEPIX_BLOBS: 's3:bucket', MERGEPIX_S3_ACCESS_KEY_ID: 'AKIA' })).toEqual({
      MERGEPIX_BLOBS: 'expected a bucket such as s3://bucket or s3://bucket/prefix',
      MERGEPIX_S3_SECRET_ACCESS_KEY: 'required with the other half of the key',
    });
  });

  it('refuses to run in production without keys, naming the variables', () => {
    expect(Object.keys(faultsOf({ NODE_ENV: 'production' }))).toEqual([
      'MERGEPIX_SIGNING_KEYS',
      'MERGEPIX_ENCRYPTION_KEYS',
      'MERGEPIX_ADMIN_KEY',
    ]);
  });

  it('never repeats a secret in a message', () => {
    const faults = faultsOf({ MERGEPIX_SIGNING_KEYS: 'hunter2-hunter2', MERGEPIX_ADMIN_KEY: 'hunter2' });
    expect(JSON.stringify(faults)).not.toContain('hunter2');
    expect(JSON.stringify(faultsOf({ MERGEPIX_DATABASE: 'postgres://me:hunter2@' }))).not.toContain('hunter2');
    const cache = faultsOf({ MERGEPIX_CACHE: 'redis://me:hunter2@' });
    expect(cache.MERGEPIX_CACHE).toContain('redis://');
    expect(JSON.stringify(cache)).not.toContain('hunter2');
    for (const queue of ['redis:', 'redis://me:hunter2@', 'postgres://me:hunter2@queue/1', 'bullmq']) {
      const faults = faultsOf({ MERGEPIX_QUEUE: queue });
      expect(faults.MERGEPIX_QUEUE).toContain('expected embedded, or an address such as redis://');
      expect(JSON.stringify(faults)).not.toContain('hunter2');
    }
  });

  it('reads secrets from files, and refuses a secret given twice', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'mergepix-')), 'secret');
    writeFileSync(file, `${secret}\n`);
    expect(readConfig({ MERGEPIX_ADMIN_KEY_FILE: file }).adminKey).toBe(secret);
    expect(faultsOf({ MERGEPIX_ADMIN_KEY_FILE: file, MERGEPIX_ADMIN_KEY: secret })).toHaveProperty(
      'MERGEPIX_ADMIN_KEY_FILE',
    );
    writeFileSync(file, 'postgres://me:secret@db/mergepix\n');
    expect(readConfig({ MERGEPIX_DATABASE_FILE: file }).database).toBe('postgres://me:secret@db/mergepix');
    writeFileSync(file, 'rediss://me:secret@cache/1\n');
    expect(readConfig({ MERGEPIX_CACHE_FILE: file }).cache).toBe('rediss://me:secret@cache/1');
    expect(readConfig({ MERGEPIX_QUEUE_FILE: file }).queue).toBe('rediss://me:secret@cache/1');
    expect(faultsOf({ MERGEPIX_ADMIN_KEY_FILE: '/nowhere' })).toHaveProperty('MERGEPIX_ADMIN_KEY_FILE');
  });
});
