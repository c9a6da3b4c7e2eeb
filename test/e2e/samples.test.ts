import { afterAll, beforeAll, expect, it } from 'vitest';
import { listSamples } from '../../cli/template-argument.ts';
import { AppError } from '../../core/errors.ts';
import { places } from '../../core/node/places.ts';
import type { Services } from '../../server/services.ts';
import { loadSamples } from '../../server/templates/samples.ts';
import { startTestService, type TestService } from './service.ts';

type Listed = { data: { state: string }[] };

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});

afterAll(() => service.close());

it('starts on a machine too busy to draw the samples, and publishes them when it is started again', async () => {
  const { services } = service;
  const busy = async () => {
    throw new AppError('overloaded', 'Too many pictures are waiting: try again in a moment.');
  };
  const overloaded: Services = { ...services, pictures: { ...services.pictures, make: busy } };
  const states = async () => {
    const { body } = await service.api('GET', '/v1/templates?limit=100');
    return [...new Set((body as Listed).data.map(({ state }) => state))];
  };
  const names = await listSamples();
  await expect(loadSamples(overloaded, places.samples)).resolves.toEqual(names);
  expect(await states()).toEqual(['draft']);
  // Two processes over the same records, started together.
  const starts = [loadSamples(services, places.samples), loadSamples(services, places.samples)];
  await expect(Promise.all(starts)).resolves.toEqual([names, names]);
  expect(await states()).toEqual(['published']);
}, 90_000);
