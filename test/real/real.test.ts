import { Redis } from 'ioredis';
import pg from 'pg';
import { expect, it } from 'vitest';
import { describeReal } from './describe.ts';
import { realPostgres } from './postgres.ts';
import { realRedis } from './redis.ts';

const isSilent = async (work: Promise<unknown>): Promise<boolean> => {
  const silent = Symbol('silent');
  const wait = new Promise((resolve) => setTimeout(resolve, 300, silent));
  return (await Promise.race([work.catch(() => undefined), wait])) === silent;
};

describeReal(realPostgres, 'a PostgreSQL of our own', (server) => {
  it('freezes with all its connections, thaws, and keeps its data over a stop', async () => {
    const database = await server().makeDatabase();
    const client = new pg.Client(database);
    client.on('error', () => undefined);
    await client.connect();
    await client.query('create table kept (n int)');
    server().freeze();
    const late = client.query('select count(*) from kept');
    expect(await isSilent(late)).toBe(true);
    server().thaw();
    expect((await late).rows).toEqual([{ count: '0' }]);
    const before = server().pid;
    await server().stop();
    await expect(new pg.Client(database).connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server().start();
    expect(server().pid).not.toBe(before);
    const again = new pg.Client(database);
    await again.connect();
    expect((await again.query('select * from kept')).rows).toEqual([]);
    await again.end();
  });
});

describeReal(realRedis, 'a Redis of our own', (server) => {
  it('freezes, thaws, stops and starts empty on the same address', async () => {
    const client = new Redis(server().url);
    client.on('error', () => undefined);
    await client.set('a', '1');
    server().freeze();
    const late = client.get('a');
    expect(await isSilent(late)).toBe(true);
    server().thaw();
    expect(await late).toBe('1');
    await server().stop();
    await server().start();
    expect(await client.get('a')).toBeNull();
    client.disconnect();
  });
});
