import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createAccess } from '../../server/access/access.ts';
import { makeApiKey } from '../../server/access/api-keys.ts';
import { createEncryption } from '../../server/access/encryption.ts';
import { openSecrets } from '../../server/access/secrets.ts';
import { readSessionCookie, sessionCookie } from '../../server/access/sessions.ts';
import { createChanges } from '../../server/changes.ts';
import { addApiKey, revokeApiKey } from '../../server/stores/records/api-keys.ts';
import { openRecords } from '../../server/stores/records/index.ts';
import { createWorkspaces } from '../../server/workspaces/workspace.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mergepix-'));
});

const unset = { signingKeys: [], encryptionKeys: [], adminKey: undefined };
const long = (text: string) => text.repeat(8).padEnd(40, '.');

describe('secrets', () => {
  it('are made on first run, kept for the owner only, and the same on the next run', async () => {
    const dataDir = join(folder, 'data');
    const first = await openSecrets({ dataDir, ...unset });
    expect(await openSecrets({ dataDir, ...unset })).toEqual(first);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    for (const file of ['keys.json', 'admin.key']) {
      expect((await stat(join(dataDir, file))).mode & 0o777, file).toBe(0o600);
    }
    expect((await readFile(join(dataDir, 'admin.key'), 'utf8')).trim()).toBe(first.adminKey);
    expect(first.adminKeyFile).toBe(join(dataDir, 'admin.key'));
  });

  it('are the same for processes that start at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => openSecrets({ dataDir: folder, ...unset })));
    expect(new Set(all.map(({ signing }) => signing[0]?.secret)).size).toBe(1);
    expect(new Set(all.map(({ adminKey }) => adminKey)).size).toBe(1);
  });

  it('are taken from the configuration when given there', async () => {
    const keys = [{ kid: 'a', secret: long('a') }];
    const secrets = await openSecrets({
      dataDir: folder,
      signingKeys: keys,
      encryptionKeys: keys,
      adminKey: long('b'),
    });
    expect(secrets).toEqual({ signing: keys, encryption: keys, adminKey: long('b'), adminKeyFile: undefined });
  });

  it('refuse a damaged file without repeating it, and a folder that cannot be made', async () => {
    await writeFile(join(folder, 'keys.json'), '{"signing": "hunter2"');
    await expect(openSecrets({ dataDir: folder, ...unset })).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.not.stringContaining('hunter2'),
    });
    await expect(openSecrets({ dataDir: join(folder, 'keys.json', 'x'), ...unset })).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.stringContaining('MERGEPIX_DATA_DIR'),
    });
  });
});

describe('encryption', () => {
  const old = { kid: 'old', secret: long('old') };
  const fresh = { kid: 'new', secret: long('new') };

  it('opens what it sealed, in any language, and never seals twice alike', () => {
    const encryption = createEncryption([old]);
    const text = '{"first_name":"Ünïcødé 名前 🎉"}';
    const sealed = encryption.seal(text, 'contact:1');
    expect(sealed).not.toContain('first_name');
    expect(encryption.seal(text, 'contact:1')).not.toBe(sealed);
    expect(encryption.open(sealed, 'contact:1')).toBe(text);
  });

  it('does not open for another record, after a change, or without its key', () => {
    const encryption = createEncryption([old]);
    const sealed = encryption.seal('secret', 'contact:1');
    const changed = sealed.slice(0, -3) + (sealed.at(-3) === 'A' ? 'B' : 'A') + sealed.slice(-2);
    for (const [text, context] of [
      [sealed, 'contact:2'],
      [changed, 'contact:1'],
      ['old.', 'contact:1'],
      ['', 'contact:1'],
    ]) {
      expect(() => encryption.open(text as string, context as string)).toThrow(/record/);
    }
    expect(() => createEncryption([fresh]).open(sealed, 'contact:1')).toThrow(/key that is not configured/);
  });

  it('opens with an older key after rotation, and finds fingerprints made with it', () => {
    const before = createEncryption([old]);
    const after = createEncryption([fresh, old]);
    expect(after.open(before.seal('x', 'c'), 'c')).toBe('x');
    expect(after.fingerprints('crm-42', 'w')).toContain(before.fingerprints('crm-42', 'w')[0]);
    expect(after.seal('x', 'c')).toMatch(/^new\./);
  });
});

describe('API keys', () => {
  it('tell who makes a request, and nothing to anybody else', async () => {
    const db = await openRecords(`sqlite:${join(folder, 'a.db')}`, 1);
    const changes = createChanges(db, () => undefined);
    const access = createAccess({
      records: db,
      workspaces: await createWorkspaces(db),
      changes,
      adminKey: long('admin'),
      isSecure: false,
      origin: undefined,
    });
    const ask = (authorization?: string) =>
      access.authenticate({ method: 'GET', headers: authorization === undefined ? {} : { authorization } });
    expect(await ask(`Bearer ${long('admin')}`)).toMatchObject({ id: 'admin', workspace: 'default', isOperator: true });
    const { key, hash } = makeApiKey();
    const record = {
      id: 'k',
      workspace: 'default',
      name: 'zap',
      role: 'render' as const,
      scopes: null,
      member: null,
      hash,
      created_at: 1,
      used_at: null,
      expires_at: null,
      revoked_at: null,
    };
    await addApiKey(db, record);
    expect(await ask(`Bearer ${key}`)).toMatchObject({ id: 'k', workspace: 'default', role: 'render' });
    const ended = makeApiKey();
    await addApiKey(db, { ...record, id: 'ended', hash: ended.hash, expires_at: Date.now() - 1 });
    expect(await revokeApiKey(db, 'default', 'k', 2)).toBe(hash);
    await changes.tell('key', hash);
    for (const header of [
      undefined,
      '',
      'Bearer ',
      `Basic ${key}`,
      `Bearer ${key}`,
      `Bearer ${key}x`,
      `Bearer ${hash}`,
      `Bearer ${ended.key}`,
    ]) {
      await expect(ask(header), header).rejects.toMatchObject({ code: 'unauthorized' });
    }
    changes.close();
    await db.destroy();
  });

  it('that are in use go on working while the records are down', async () => {
    const db = await openRecords(`sqlite:${join(folder, 'b.db')}`, 1);
    const changes = createChanges(db, () => undefined);
    const workspaces = await createWorkspaces(db);
    const parts = { records: db, workspaces, changes, adminKey: long('admin'), isSecure: false, origin: undefined };
    const access = createAccess(parts);
    const { key, hash } = makeApiKey();
    await addApiKey(db, {
      id: 'k',
      workspace: 'default',
      name: 'zap',
      role: 'render',
      scopes: null,
      member: null,
      hash,
      created_at: 1,
      used_at: null,
      expires_at: null,
      revoked_at: null,
    });
    const ask = (text: string) => access.authenticate({ method: 'GET', headers: { authorization: `Bearer ${text}` } });
    await ask(key);
    changes.close();
    await db.destroy();
    await changes.tell('key', hash).catch(() => undefined);
    expect(await ask(key)).toMatchObject({ id: 'k' });
    await expect(ask(makeApiKey().key)).rejects.toThrow();
  });
});

describe('the cookie of a session', () => {
  it('is for this very host over TLS only, when the service has TLS', () => {
    expect(sessionCookie('abc', true)).toBe(
      '__Host-mergepix=abc; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure',
    );
    expect(readSessionCookie('a=b; __Host-mergepix=abc; c=d', true)).toBe('abc');
    for (const cookies of [
      undefined,
      '',
      'mergepix=abc',
      'x__Host-mergepix=abc',
      `__Host-mergepix=${'a'.repeat(300)}`,
    ]) {
      expect(readSessionCookie(cookies, true), cookies).toBeUndefined();
    }
  });
});
