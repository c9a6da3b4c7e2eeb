import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish, swatch } from '../../e2e/service.ts';
import { app, connect, runCommand, runStep, startConnected, zapier } from './zapier.ts';

let made: Awaited<ReturnType<typeof startConnected>>;
beforeAll(async () => {
  made = await startConnected();
  await publish(made.service, swatch());
});
afterAll(async () => {
  await made.service.close();
  await zapier.close();
});

describe("Zapier's own checks", () => {
  it('find nothing wrong with the app', async () => {
    expect(await runCommand({ command: 'validate' })).toEqual([]);
  });
});

describe('a connection', () => {
  it('is tested and called after its workspace and host', async () => {
    const { authData, service } = made;
    expect(await runStep('authentication.test', { authData })).toEqual({
      workspace: 'Default',
      host: new URL(service.url).host,
    });
    expect(app.authentication?.connectionLabel).toBe('{{workspace}} ({{host}})');
  });

  it('with a wrong key says what to do', async () => {
    const authData = { ...made.authData, api_key: 'mpx_wrong' };
    await expect(runStep('authentication.test', { authData })).rejects.toThrow(
      'Mergepix does not know this API key (any more): make a new one, then reconnect your account.',
    );
  });

  it('with a key that may not do a thing says which', async () => {
    const authData = await connect(made.service, ['templates:read']);
    await expect(runStep('authentication.test', { authData })).rejects.toThrow(/workspace:read/);
  });
});

describe('the dropdown of templates', () => {
  const perform = 'triggers.list_templates.operation.perform';

  it('offers those that are published and no others', async () => {
    await made.service.api('POST', '/v1/templates/draft/versions', swatch({ name: 'draft' }));
    const { authData } = made;
    expect(await runStep(perform, { authData })).toContainEqual({ id: 'swatch', name: 'swatch' });
    expect(await runStep(perform, { authData })).not.toContainEqual(expect.objectContaining({ id: 'draft' }));
  });
});
