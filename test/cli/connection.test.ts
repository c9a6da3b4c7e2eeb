import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addList, addMember, createAccount, type FakeMailchimp, startFakeMailchimp } from '../fakes/mailchimp.ts';
import { COMMAND, environment, makeFolder, run, writeTemplate } from './command.ts';

const folder = makeFolder();
let mailchimp: FakeMailchimp;
const account = createAccount('A club', 'us7');
const list = addList(account, 'Everybody');

beforeAll(async () => {
  mailchimp = await startFakeMailchimp({ accounts: [account] });
});
afterAll(() => mailchimp.close());

const connection = (...args: string[]) =>
  run(folder, ['connection', ...args], { MERGEPIX_MAILCHIMP_URL: mailchimp.url });
const idIn = (out: string): string => /^connection (\S+)/.exec(out)?.[1] ?? '';

// Each of them starts as a process of its own.
describe('mergepix connection', { timeout: 120_000 }, () => {
  it('wants the key where no other user of the machine can read it', async () => {
    const { code, err } = await connection('add', 'klaviyo');
    expect(code).toBe(1);
    expect(err).toContain('--key-file');
    expect(err).toContain('KLAVIYO_API_KEY');
    const lost = await connection('add', 'klaviyo', '--key-file', 'nowhere.key');
    expect([lost.code, lost.err]).toEqual([1, expect.stringContaining('nowhere.key cannot be read')]);
  });

  it('knows the platforms, and what may be set', async () => {
    expect(await connection('add', 'klavio')).toMatchObject({ code: 2, err: expect.stringContaining('klaviyo') });
    expect(await connection('add', 'klaviyo', '--map', 'FNAME')).toMatchObject({ code: 2 });
    expect(await connection('add', 'klaviyo', '--sync-minutes', '1')).toMatchObject({ code: 2 });
  });

  it('says where there is no such connection', async () => {
    for (const command of ['check', 'remove']) {
      const { code, err } = await connection(command, 'nothing');
      expect([command, code, err]).toEqual([
        command,
        1,
        expect.stringContaining('There is no connection with that id'),
      ]);
    }
  });

  it('keeps nothing in a workspace that is not there', async () => {
    writeFileSync(join(folder, 'mailchimp.key'), `${account.apiKey}\n`);
    for (const command of [['add', 'mailchimp', '--key-file', 'mailchimp.key'], ['list']]) {
      const { code, err } = await connection(...command, '--workspace', 'nowhere');
      expect([code, err]).toEqual([1, expect.stringContaining('There is no open workspace nowhere')]);
    }
  });

  it('goes on in the workspace it was asked for', async () => {
    const { out, err } = await connection('list', '--workspace', 'default');
    expect(out).toBe('');
    expect(err).toContain('next: mergepix connection add klaviyo --key-file klaviyo.key --workspace default');
  });

  it('finds a merge tag that is misspelt', async () => {
    const other = createAccount('A choir', 'us8');
    mailchimp.accounts.push(other);
    const singers = addList(other, 'Singers');
    addMember(singers, 'ada@example.com', { FNAME: 'Ada' });
    writeFileSync(join(folder, 'choir.key'), other.apiKey);
    await run(folder, ['template', 'publish', join(folder, await writeTemplate(folder))]);
    const { out, err } = await connection(
      ...[
        'add',
        'mailchimp',
        '--key-file',
        'choir.key',
        '--audience',
        singers.id,
        '--map',
        'first_name=FNAMEE',
        '--map',
        'photo=',
      ],
    );
    expect(err).toContain('note: Left out on purpose: photo.');
    expect(err).toContain(`next: mergepix connection fields ${idIn(out)} --template <name>`);
    const fields = await connection('fields', idIn(out), '--template', 'card');
    expect(fields.out).toContain('first_name filled for 0%: nobody has a FNAMEE, did you mean FNAME?');
    expect(fields.out).toContain('photo <- nothing: left out on purpose\n');
    await connection('remove', idIn(out));
  });

  it('connects an account, chooses what is synced, and takes it out again', async () => {
    writeFileSync(join(folder, 'mailchimp.key'), `${account.apiKey}\n`);
    const added = await connection(
      ...['add', 'mailchimp', '--key-file', 'mailchimp.key', '--name', 'Club', '--map', 'first_name=FNAME'],
    );
    expect([added.code, added.out]).toEqual([0, expect.stringContaining(`Mailchimp account A club (${account.id})`)]);
    const id = idIn(added.out);
    expect(added.err).toContain('MERGEPIX_PUBLIC_URL');
    expect(added.err).toContain(`next: mergepix connection audiences ${id}`);

    expect((await connection('audiences', id)).out).toBe(`${list.id}  list     Everybody, 0 contacts\n`);
    const wrong = await connection('change', id, '--audience', 'nothing', '--map', 'First Name=FNAME');
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('mapping')]);
    const changed = await connection('change', id, '--audience', list.id, '--map', 'last_name=LNAME', '--json');
    const mapping = { first_name: 'FNAME', last_name: 'LNAME' };
    expect(JSON.parse(changed.out)).toMatchObject({ id, audiences: [list.id], mapping });

    expect((await connection('list')).out).toMatch(new RegExp(`^${id}  mailchimp  not synced yet  Club\n$`));
    const checked = await connection('check', id, '--json');
    expect(JSON.parse(checked.out)).toEqual({ id, account: account.id, name: 'A club', missing: [] });
    const everything = [added, changed, checked];
    expect(JSON.stringify(everything)).not.toContain(account.apiKey);

    expect(await connection('remove', id)).toMatchObject({ code: 0, out: `connection ${id} is removed\n` });
    expect((await connection('list', '--json')).out).toBe('[]\n');
  });

  it('shows what a webhook is called with, and renews its secret', async () => {
    const added = await connection('add', 'mailchimp', '--key-file', 'mailchimp.key', '--audience', list.id);
    const id = idIn(added.out);
    const { out, err } = await connection('webhook', id);
    expect(err).toBe('note: Set MERGEPIX_PUBLIC_URL to the public https address of this service first.\n');
    expect(out).toMatch(new RegExp(`^URL: http://localhost:8080/v1/connections/${id}/webhook\\?secret=[\\w-]{32}\\n$`));
    const entered = await connection('webhook', id, '--enter');
    expect([entered.code, entered.err]).toEqual([1, expect.stringContaining('MERGEPIX_PUBLIC_URL')]);
    expect((await connection('webhook', id, '--link', 'nothing-there-01')).err).toContain('has no link');
    expect((await connection('webhook', id)).out).toBe(out);
    await connection('remove', id);
  });

  it('prints whatever an account and its lists are called, and steers no terminal with it', async () => {
    const hostile = createAccount('Evil\u001b]0;owned\u0007\u001b[31m\u0000', 'us7');
    addList(hostile, 'red \u001b[31m\u009b2J \u202etxt.exe\rover');
    mailchimp.accounts.push(hostile);
    const env = { MERGEPIX_MAILCHIMP_URL: mailchimp.url, MAILCHIMP_API_KEY: hostile.apiKey };
    const added = await run(folder, ['connection', 'add', 'mailchimp'], env);
    const id = idIn(added.out);
    const listed = [await connection('list'), await connection('audiences', id)];
    const asJson = await connection('audiences', id, '--json');
    for (const { code, out, err } of [added, ...listed, asJson]) {
      expect(code).toBe(0);
      expect(out + err).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
    }
    expect(listed[1]?.out).toContain('red \\u001b[31m\\u009b2J \\u202etxt.exe\\u000dover');
    expect((JSON.parse(asJson.out) as [{ name: string }])[0].name).toBe('red \u001b[31m\u009b2J \u202etxt.exe\rover');
    await connection('remove', id);
  });

  it('takes the key from the environment or from standard input, and tells what it may not do', async () => {
    account.role = 'viewer';
    const added = await run(folder, ['connection', 'add', 'mailchimp', '--json'], {
      MERGEPIX_MAILCHIMP_URL: mailchimp.url,
      MAILCHIMP_API_KEY: account.apiKey,
    });
    const { id, missing } = JSON.parse(added.out) as { id: string; missing: string[] };
    expect(missing).toEqual([expect.stringContaining('Manager')]);
    account.role = 'owner';
    account.apiKey = createAccount('', 'us7').apiKey;
    expect(await connection('check', id)).toMatchObject({ code: 1, err: expect.stringContaining('Mailchimp') });
    expect((await connection('list')).out).not.toContain('not synced yet');
    expect(await changeKey(id, account.apiKey)).toBe(0);
    expect((await connection('check', id)).code).toBe(0);
  });
});

/** Renews a key over standard input; gives the exit code. */
function changeKey(id: string, key: string): Promise<number | null> {
  const env = environment(folder, { MERGEPIX_MAILCHIMP_URL: mailchimp.url });
  const child = spawn(process.execPath, [COMMAND, 'connection', 'change', id, '--key-file', '-'], { cwd: folder, env });
  child.stdin.end(key);
  return new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
}
