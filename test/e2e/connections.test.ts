import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from './service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

describe('connecting without a key', () => {
  it('needs an app that is registered', async () => {
    const { status, body } = await service.api('POST', '/v1/connections/authorize', { platform: 'klaviyo' });
    expect(status).toBe(400);
    expect((body as { detail: string }).detail).toContain('MERGEPIX_KLAVIYO_CLIENT_ID');
  });

  it.each(['', '?state=', '?state=e1.AAAA&code=x', '?state=a&state=b&code=x', '?error=<script>alert(1)</script>'])(
    'says in a page of its own that a made-up way back is none: %s',
    async (query) => {
      const response = await fetch(`${service.url}/v1/connections/callback${query}`);
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      const page = await response.text();
      expect(page).toContain('Nothing was connected');
      expect(page).not.toContain('alert');
    },
  );
});
