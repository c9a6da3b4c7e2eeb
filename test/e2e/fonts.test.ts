import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fontFile } from '../coverage.ts';
import { decode } from '../golden/compare.ts';
import { adminKey, publish, startTestService, swatch, type TestService } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const path = '/v1/fonts/Acme%20Hand';
const put = (bytes: Buffer, key?: string) => service.api('PUT', path, bytes, key);
const letters = (name: string, fontFamily = 'Acme Hand') => {
  const text = { id: 'name', type: 'text', text: '{{ first_name }}', fontSize: 20, fontFamily, fit: { maxLines: 1 } };
  const layers = [{ ...text, box: { x: 0, y: 0, width: 100, height: 40 } }];
  return swatch({ name, layers, output: { format: 'png', scale: 1 } });
};

/** The pixels of a picture that was generated. */
async function draw(template: string, key?: string): Promise<string> {
  const { status, body } = await service.api('POST', '/v1/generate', { template, data: { first_name: 'Amira' } }, key);
  expect(status, JSON.stringify(body)).toBe(200);
  const response = await fetch((body as { url: string }).url);
  return Buffer.from((await decode(new Uint8Array(await response.arrayBuffer()))).data).toString('base64');
}

async function keyOf(workspace: string): Promise<string> {
  await service.api('POST', '/v1/workspaces', { id: workspace, name: workspace });
  const response = await fetch(`${service.url}/v1/keys`, {
    method: 'POST',
    headers: {
      ...{ authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      'mergepix-workspace': workspace,
    },
    body: JSON.stringify({ name: 'other', role: 'admin' }),
  });
  return ((await response.json()) as { key: string }).key;
}

describe('fonts of a workspace', () => {
  it('are drawn with as they were when a version was published, whatever becomes of them', async () => {
    expect(await put(fontFile('Caveat'))).toMatchObject({
      status: 200,
      body: { weight: 400, italic: false, embedding: 'installable' },
    });
    expect((await put(fontFile('Caveat', 700))).body).toMatchObject({ weight: 700 });
    const listed = (await service.api('GET', '/v1/fonts')).body as { data: object[] };
    expect(listed.data.slice(0, 2)).toMatchObject([
      { family: 'Acme Hand', bundled: false, fonts: [{ weight: 400 }, { weight: 700 }] },
      { family: 'Inter', bundled: true },
    ]);

    await publish(service, letters('by-hand'));
    await publish(service, letters('as-bundled', 'Caveat'));
    const byHand = await draw('by-hand');
    expect(byHand).toBe(await draw('as-bundled'));

    await put(fontFile('Playfair Display'));
    await publish(service, letters('later'));
    const later = await draw('later');
    expect(later).not.toBe(byHand);
    expect(await draw('by-hand')).toBe(byHand);

    expect((await service.api('DELETE', path)).status).toBe(204);
    expect(await service.api('DELETE', path)).toMatchObject({ status: 404, body: { code: 'font_not_found' } });
    const { body } = await service.api('POST', '/v1/templates/validate', { document: letters('too-late') });
    expect(JSON.stringify(body)).toContain('there is no font family Acme Hand');
    expect(await draw('by-hand')).toBe(byHand);
  }, 60_000);

  it('are of no use to another workspace, which may have others of the same name', async () => {
    const key = await keyOf('b');
    await put(fontFile('Caveat'));
    const ofB = (await service.api('GET', '/v1/fonts', undefined, key)).body as { data: { bundled: boolean }[] };
    expect(ofB.data.every(({ bundled }) => bundled)).toBe(true);
    await put(fontFile('Bebas Neue'), key);
    await service.api('POST', '/v1/templates/mine/versions', letters('mine'), key);
    await service.api('POST', '/v1/templates/mine/versions/1/publish', undefined, key);
    await publish(service, letters('mine'));
    const [ours, theirs] = [await draw('mine'), await draw('mine', key)];
    expect(ours).not.toBe(theirs);
    await publish(service, letters('bebas', 'Bebas Neue'));
    expect(theirs).toBe(await draw('bebas'));
  }, 60_000);

  it('are refused with what to do when they are none, and spoilt ones end nothing', async () => {
    const whole = fontFile('Caveat');
    const head = (text: string) => Buffer.concat([Buffer.from(text, 'latin1'), whole.subarray(4)]);
    for (const [bytes, words] of [
      [head('wOF2'), 'WOFF'],
      [head('ttcf'), 'several fonts'],
      [Buffer.from('not a font'), 'no font'],
      [whole.subarray(0, whole.length / 2), 'damaged'],
      [Buffer.concat([whole.subarray(0, 12), Buffer.alloc(4000, 255)]), 'damaged'],
    ] as const) {
      const { status, body } = await put(bytes);
      expect({ status, body }).toMatchObject({ status: 422, body: { code: 'font_invalid' } });
      expect((body as { detail: string }).detail).toContain(words);
    }
    for (const name of ['Inter', 'inter'])
      expect(await service.api('PUT', `/v1/fonts/${name}`, whole)).toMatchObject({ status: 422 });
    for (let i = 0; i < 12; i++) {
      const spoilt = Buffer.from(whole);
      for (let at = 300 + i; at < spoilt.length; at += 997) spoilt[at] = (spoilt[at] ?? 0) ^ ((i + 1) * 19);
      expect([200, 422]).toContain((await put(spoilt)).status);
    }
    await put(whole);
    await publish(service, letters('after-all'));
    expect(await draw('after-all')).toBeTruthy();
  }, 60_000);
});
