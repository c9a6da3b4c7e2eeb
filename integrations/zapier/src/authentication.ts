import type { Authentication, Bundle, ZObject } from 'zapier-platform-core';
import packageJson from '../package.json' with { type: 'json' };
import { addressOf } from './address.ts';
import { ask } from './ask.ts';
import { notMergepix } from './problems.ts';

const { homepage } = packageJson;

/** The name of the workspace that the key works in, and the host: what a connection is called. */
async function test(z: ZObject, bundle: Bundle): Promise<{ workspace: string; host: string }> {
  const { host } = new URL(addressOf(z, bundle));
  const { name } = await ask<{ name?: unknown }>(z, bundle, { url: '/v1/workspace' });
  if (typeof name !== 'string') throw notMergepix(z, host);
  return { workspace: name, host };
}

/** An installation's address and one of its API keys. */
export default {
  type: 'custom',
  test,
  connectionLabel: '{{workspace}} ({{host}})',
  fields: [
    {
      key: 'base_url',
      label: 'Mergepix Address',
      required: true,
      placeholder: 'https://img.example.com',
      helpText: `Where your own Mergepix answers: what the addresses of its pictures begin with, up to \`/i/\`. [What this is](${homepage}#connect)`,
      isNoSecret: true,
    },
    {
      key: 'api_key',
      label: 'API Key',
      type: 'password',
      required: true,
      helpText: `A key of your workspace, made for Zapier alone. [How to make one](${homepage}#connect)`,
    },
  ],
} satisfies Authentication;
