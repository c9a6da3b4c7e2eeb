import { expect, it } from 'vitest';
import { readConfig } from '../../server/config.ts';
import { unreachable } from '../../server/connections/reachable.ts';

const isReachable = (publicUrl: string, allowed = '') =>
  unreachable({ publicUrl, config: readConfig({ MERGEPIX_ALLOW_ADDRESSES: allowed }) }) === undefined;

it.each(['https://img.example.com', 'https://img.example.com:8443/pictures', 'https://93.184.215.14'])(
  'lets %s stand in emails',
  (url) => {
    expect(isReachable(url)).toBe(true);
  },
);

it.each([
  'http://img.example.com',
  'http://localhost:8080',
  'https://localhost',
  'https://mergepix',
  'https://mergepix.local',
  'https://127.0.0.1',
  'https://10.1.2.3',
  'https://169.254.169.254',
  'https://[::1]:8443',
  'https://[fd00::1]',
])('lets nobody be sent to %s', (url) => {
  expect(isReachable(url)).toBe(false);
  expect(isReachable(url, '192.168.0.0/16')).toBe(false);
});

it('lets a host stand there that is allowed by name, and not by a range that holds it', () => {
  expect(isReachable('http://127.0.0.1:8080', '127.0.0.1')).toBe(true);
  expect(isReachable('http://[::1]:8080', '::1')).toBe(true);
  expect(isReachable('http://127.0.0.1:8080', '127.0.0.0/8')).toBe(false);
});
