import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readConfig } from '../../server/config.ts';
import { findProgram } from '../real/process.ts';
import {
  compose,
  fileAt,
  healthCheck,
  instructed,
  makeSecrets,
  ofKind,
  type Resource,
  resources,
  textAt,
  withSecrets,
} from './files.ts';

const secrets = makeSecrets();

describe('the image', () => {
  it('is made of a Node pinned to one version, the same for building and running', () => {
    const bases = instructed('FROM').map((rest) => rest.split(' ')[0]);
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/);
    const numbers = (text = ''): number[] => (text.match(/\d+/g) ?? []).map(Number);
    const { engines } = JSON.parse(textAt('package.json')) as { engines: { node: string } };
    const [[major = 0, minor = 0], [leastMajor = 0, leastMinor = 0]] = [numbers(bases[0]), numbers(engines.node)];
    expect(major * 1000 + minor, engines.node).toBeGreaterThanOrEqual(leastMajor * 1000 + leastMinor);
  });

  it('copies what there is', () => {
    const copied = instructed('COPY')
      .filter((rest) => !rest.startsWith('--from'))
      .flatMap((rest) => rest.split(' ').slice(0, -1));
    expect(copied.filter((path) => !existsSync(fileAt(path)))).toEqual([]);
  });

  it('needs no rights, hears signals itself and can tell whether it is well', () => {
    expect(instructed('USER')).toEqual(['1000:1000']);
    expect(JSON.parse(instructed('ENTRYPOINT')[0] ?? '')).toEqual(['node', 'dist/app/main.js']);
    expect(JSON.parse(instructed('CMD')[0] ?? '')).toEqual(['serve']);
    expect(healthCheck()[0]).toBe('node');
  });

  it('takes nothing along that could be a secret, and all that the build asks for', () => {
    const allowed = textAt('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!/'))
      .map((line) => line.slice(2));
    expect(textAt('.dockerignore')).toMatch(/^\*$/m);
    expect(allowed.filter((path) => /data|secret|\.env|\.git/.test(path))).toEqual([]);
    const { include } = JSON.parse(textAt('tsconfig.build.json')) as { include: string[] };
    const wanted = ['package.json', 'package-lock.json', 'rolldown.config.mjs', ...include];
    expect(
      wanted.filter((path) => !allowed.includes(path.split('/')[0] ?? '')),
      'let it in through .dockerignore',
    ).toEqual([]);
  });
});

describe('compose.yaml', () => {
  const { services } = compose;
  const ours = Object.entries(services).filter(([, { image }]) => image === 'mergepix');

  it('runs two that serve, two that work, their stores and nginx', () => {
    const counts = Object.entries(services).map(([name, { deploy }]) => [name, deploy?.replicas ?? 1]);
    expect(Object.fromEntries(counts)).toEqual({ serve: 2, worker: 2, database: 1, cache: 1, queue: 1, nginx: 1 });
  });

  it.each(ours)('starts %s with settings that it takes', (name, { environment = {}, command = ['serve'] }) => {
    const given = Object.entries(environment).map(([key, value]) => [key, value.replace(/\$\{\w+:-(.*)\}/, '$1')]);
    const env = withSecrets(Object.fromEntries(given), '/run/secrets', secrets);
    const config = readConfig({ NODE_ENV: 'production', ...env });
    expect(command).toEqual([name]);
    expect(config).toMatchObject({ production: true, jobs: name === 'worker' ? 'on' : 'off' });
    expect(new URL(config.database)).toMatchObject({ hostname: 'database', username: 'mergepix' });
    const [cache, queue] = [new URL(config.cache).hostname, new URL(config.queue).hostname];
    expect([cache, queue]).toEqual(['cache', 'queue']);
  });

  it('keeps the queue when it is full, and gives the cache a third more than Mergepix puts in', () => {
    const { cache, queue, serve } = services;
    for (const redis of [cache, queue]) expect(redis?.command?.join(' ')).toContain('--maxmemory-policy noeviction');
    expect(queue?.command?.join(' ')).toContain('--appendonly yes');
    const room = Number(/--maxmemory (\d+)mb/.exec(cache?.command?.join(' ') ?? '')?.[1]);
    expect(room / Number(serve?.environment?.MERGEPIX_CACHE_MB)).toBeGreaterThan(4 / 3);
  });

  it('names secrets, volumes, networks and files that there are', () => {
    for (const [name, { secrets: asked = [], volumes = [], networks }] of Object.entries(services)) {
      expect(Object.keys(compose.secrets), name).toEqual(expect.arrayContaining([...asked]));
      expect(Object.keys(compose.networks), name).toEqual(expect.arrayContaining([...networks]));
      for (const volume of volumes) {
        const [from = ''] = volume.split(':');
        const isThere = from.startsWith('.')
          ? existsSync(fileAt(join('examples/deploy', from)))
          : from in compose.volumes;
        expect(isThere, `${name}: ${volume}`).toBe(true);
      }
    }
    for (const { file } of Object.values(compose.secrets)) {
      const path = file.replace(/^\$\{MERGEPIX_SECRETS[^}]*\}/, secrets);
      expect(readFileSync(path, 'utf8').length, file).toBeGreaterThan(32);
    }
  });

  it('lets nobody outside reach a store', () => {
    expect(compose.networks.inside).toEqual({ internal: true });
    for (const store of ['database', 'cache', 'queue']) expect(services[store]?.networks, store).toEqual(['inside']);
    expect(Object.keys(services).filter((name) => 'ports' in (services[name] ?? {}))).toEqual(['nginx']);
  });

  it('fills in everything that nginx.conf leaves open', () => {
    const open = [...textAt('examples/deploy/nginx.conf').matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? '');
    expect(open.length).toBeGreaterThan(0);
    expect(Object.keys(services.nginx?.environment ?? {})).toEqual(expect.arrayContaining(open));
    const zones = [...readFileSync(filledIn(), 'utf8').matchAll(/(?:keys_zone=| zone )(\w+)/g)].map(([, name]) => name);
    expect(new Set(zones).size, 'give every zone of shared memory a name of its own').toBe(zones.length);
  });
});

/** nginx.conf as a container of compose.yaml has it, to be read by an nginx of this machine. */
function filledIn(): string {
  const open = { ...compose.services.nginx?.environment, CACHE_FOLDER: join(secrets, 'cache') };
  const text = Object.entries(open).reduce(
    (before, [name, value]) => before.replaceAll(`\${${name}}`, value),
    textAt('examples/deploy/nginx.conf'),
  );
  const file = join(secrets, 'nginx.conf');
  writeFileSync(file, `pid ${join(secrets, 'nginx.pid')};\nevents {}\nhttp {\naccess_log off;\n${text}}\n`);
  return file;
}

// Looking names up again is new in 1.27.3.
const nginx = findProgram('nginx', ['/usr/sbin']);
const [, major = 0, minor = 0, patch = 0] = (/(\d+)\.(\d+)\.(\d+)/.exec(nginx ? versionOf(nginx) : '') ?? []).map(
  Number,
);
it.skipIf(major * 1e6 + minor * 1e3 + patch < 1_027_003)('nginx takes its configuration (needs nginx 1.27.3)', () => {
  execFileSync(nginx ?? '', ['-t', '-e', 'stderr', '-p', `${secrets}/`, '-c', filledIn()], { stdio: 'pipe' });
});

describe('the secrets', () => {
  it('are made once, in a folder that nobody else comes into', () => {
    const before = readFileSync(join(secrets, 'signing'), 'utf8');
    expect(before).toMatch(/^k1:.{32,}$/);
    execFileSync(process.execPath, [fileAt('examples/deploy/secrets.mjs'), secrets]);
    expect(readFileSync(join(secrets, 'signing'), 'utf8')).toBe(before);
    expect(statSync(secrets).mode & 0o777).toBe(0o700);
  });
});

describe('the Kubernetes example', () => {
  const workloads = ofKind('Deployment', 'StatefulSet');
  const podOf = (workload: Resource) => workload.spec.template;
  const containersOf = (workload: Resource): Resource[] => podOf(workload).spec.containers;
  const ours = workloads.filter((workload) => containersOf(workload)[0]?.image === 'mergepix');
  const [settings] = ofKind('ConfigMap');
  /** What `kubectl create secret` in the documents makes, beside the files of secrets.mjs. */
  const more = { 's3-id': 'AKIAEXAMPLE', 's3-secret': 'an-example' };
  for (const [name, content] of Object.entries(more)) writeFileSync(join(secrets, name), content);

  const envOf = (workload: Resource): Record<string, string> => {
    const [container] = containersOf(workload);
    const own = ((container?.env ?? []) as Resource[]).map(({ name, value, valueFrom }) => [
      name,
      value ?? readFileSync(join(secrets, valueFrom.secretKeyRef.key), 'utf8'),
    ]);
    return { ...settings?.data, ...Object.fromEntries(own) };
  };

  it('has every object once, and names every file', () => {
    const names = resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names.length).toBe(new Set(names).size);
    const [kustomization] = parseAllDocuments(textAt('examples/deploy/kubernetes/kustomization.yaml'));
    for (const file of kustomization?.toJS().resources ?? []) {
      expect(existsSync(fileAt(`examples/deploy/kubernetes/${file}`)), file).toBe(true);
    }
  });

  it.each(ours.map((workload) => [workload.metadata.name as string, workload] as const))(
    'starts %s with settings that it takes, in a pod that needs no rights',
    (name, workload) => {
      const config = readConfig({
        NODE_ENV: 'production',
        ...withSecrets(envOf(workload), '/run/secrets/mergepix', secrets),
      });
      expect(config).toMatchObject({ jobs: name === 'worker' ? 'on' : 'off', renderProcesses: expect.any(Number) });
      expect(new URL(config.cache).hostname).not.toBe(new URL(config.queue).hostname);
      const [container] = containersOf(workload);
      expect(container?.args).toEqual([name]);
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
        expect(container?.[probe].httpGet, probe).toEqual({
          path: probe === 'readinessProbe' ? '/readyz' : '/healthz',
          port: 'http',
        });
      }
      const mounted = container?.volumeMounts.map((mount: Resource) => mount.name);
      expect(podOf(workload).spec.volumes.map((volume: Resource) => volume.name)).toEqual(mounted);
      // A Service called mergepix would otherwise set MERGEPIX_PORT.
      expect(podOf(workload).spec.enableServiceLinks).toBe(false);
    },
  );

  it.each(workloads.map((workload) => [workload.metadata.name as string, workload] as const))(
    'bounds %s and takes its rights away',
    (_, workload) => {
      expect(podOf(workload).spec.securityContext).toMatchObject({ runAsNonRoot: true });
      for (const { resources: bounds, securityContext } of containersOf(workload)) {
        expect(bounds).toMatchObject({ requests: { cpu: expect.anything() }, limits: { memory: expect.anything() } });
        expect(securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    },
  );

  it('selects pods that there are', () => {
    const labels = workloads.map((workload) => podOf(workload).metadata.labels as Record<string, string>);
    const isThere = (wanted: Record<string, string>) =>
      labels.some((each) => Object.entries(wanted).every(([name, value]) => each[name] === value));
    for (const workload of workloads) {
      expect(podOf(workload).metadata.labels).toMatchObject(workload.spec.selector.matchLabels);
    }
    for (const { metadata, spec } of ofKind('Service')) expect(isThere(spec.selector), metadata.name).toBe(true);
    for (const { metadata, spec } of ofKind('PodDisruptionBudget')) {
      expect(isThere(spec.selector.matchLabels), metadata.name).toBe(true);
    }
    for (const { spec } of ofKind('NetworkPolicy')) {
      const { matchLabels, matchExpressions = [] } = spec.podSelector;
      if (matchLabels) expect(isThere(matchLabels)).toBe(true);
      for (const { key, values } of matchExpressions) {
        for (const value of values) expect(isThere({ [key]: value }), value).toBe(true);
      }
    }
  });

  it('reaches the stores by Services that there are', () => {
    const names = ofKind('Service').map(({ metadata }) => metadata.name);
    const { MERGEPIX_CACHE, MERGEPIX_QUEUE } = settings?.data ?? {};
    for (const address of [MERGEPIX_CACHE, MERGEPIX_QUEUE]) expect(names).toContain(new URL(address).hostname);
  });

  it('scales the workers on the figure that Mergepix gives for it', () => {
    const [scaler] = ofKind('HorizontalPodAutoscaler');
    const { name, kind } = scaler?.spec.scaleTargetRef ?? {};
    expect(ofKind(kind).map(({ metadata }) => metadata.name)).toContain(name);
    const target = workloads.find(({ metadata }) => metadata.name === name);
    expect(target?.spec, 'leave the number of workers to the autoscaler').not.toHaveProperty('replicas');
    const metric = scaler?.spec.metrics[0].external.metric.name as string;
    expect(textAt('server/observe/gauges.ts')).toContain(metric.replace('mergepix_', ''));
    expect(textAt('docs/scaling.md')).toContain(metric);
  });

  const kubectl = findProgram('kubectl');
  it.skipIf(kubectl === undefined)('is put together by kubectl (needs kubectl)', () => {
    const made = execFileSync(kubectl ?? '', ['kustomize', fileAt('examples/deploy/kubernetes')], { encoding: 'utf8' });
    const objects = parseAllDocuments(made).map((document) => document.toJS() as Resource);
    const name = ({ kind, metadata }: Resource) => `${kind} ${metadata.name}`;
    expect(objects.map(name).sort()).toEqual(resources.map(name).sort());
    for (const workload of ours) {
      const found = objects.find((each) => name(each) === name(workload)) ?? {};
      expect(containersOf(found)[0]?.image).toMatch(/\/mergepix:\d/);
    }
  });
});

const docker = findProgram('docker');
const hasCompose = docker !== undefined && says(docker, ['compose', 'version']) !== undefined;
it.skipIf(!hasCompose)('docker compose takes compose.yaml (needs its plugin)', () => {
  const args = ['compose', '-f', fileAt('examples/deploy/compose.yaml'), 'config', '-q'];
  execFileSync(docker ?? '', args, { env: { ...process.env, MERGEPIX_SECRETS: secrets } });
});

/** What nginx calls itself, which it does on its standard error. */
function versionOf(program: string): string {
  return spawnSync(program, ['-v'], { encoding: 'utf8' }).stderr;
}

function says(program: string, args: string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}
