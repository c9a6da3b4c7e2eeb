import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram, findProgram, isWell } from './programs.mjs';

const TEMPLATE = new URL('nginx.conf', import.meta.url);

/** nginx with nginx.conf on a port of this machine, in front of those that serve; what it caches stays in the folder. */
export function createNginx(folder, port, serving, log) {
  const place = join(folder, 'nginx');
  mkdirSync(place, { recursive: true });
  const filled = {
    CACHE_FOLDER: join(place, 'cache'),
    CACHE_SIZE: '2g',
    LISTEN: `127.0.0.1:${port}`,
    SERVERS: serving.map(({ url }) => `server ${new URL(url).host};`).join(' '),
  };
  const server = readFileSync(TEMPLATE, 'utf8').replace(/\$\{([A-Z_]+)\}/g, (_, name) => filled[name]);
  const rooms = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  const whole = `daemon off;
pid nginx.pid;
worker_processes 2;
error_log stderr;
events { worker_connections 4096; }
http {
access_log off;
${rooms.join('\n')}
${server}}
`;
  writeFileSync(join(place, 'nginx.conf'), whole);
  return createProgram({
    name: 'nginx',
    url: `http://127.0.0.1:${port}`,
    command: [findProgram('nginx'), '-p', `${place}/`, '-c', 'nginx.conf', '-e', 'stderr'],
    log,
    isReady: () => isWell(`http://127.0.0.1:${port}/healthz`),
  });
}
