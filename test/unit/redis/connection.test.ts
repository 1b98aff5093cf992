import { Cluster, Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { type RedisClient, RedisConnection } from '../../../src/redis/connection.js';

/** Counts what is done to a client. */
function fakeClient(status: string): RedisClient & { readonly log: string[] } {
  const log: string[] = [];
  const note =
    <Answer>(name: string, answer: Answer) =>
    (): Promise<Answer> => {
      log.push(name);
      return Promise.resolve(answer);
    };
  return {
    log,
    status,
    get: note('get', null),
    set: note('set', 'OK'),
    pexpire: note('pexpire', 1),
    del: note('del', 1),
    eval: note('eval', 0),
    evalsha: note('evalsha', 0),
    quit: note('quit', 'OK'),
    disconnect: () => void log.push('disconnect'),
  };
}

describe('RedisConnection', () => {
  test('takes the clients of ioredis as they are, and leaves them open', async () => {
    const single = new Redis({ lazyConnect: true });
    const cluster = new Cluster([{ port: 1 }], { lazyConnect: true });
    const clients: RedisClient[] = [single, cluster];
    for (const client of clients) {
      const connection = new RedisConnection(client);
      expect(connection.client).toBe(client);
      await connection.close();
      expect(client.status).toBe('wait');
      client.disconnect();
    }
  });

  test('leaves a client that was handed in alone', async () => {
    const client = fakeClient('ready');
    await new RedisConnection(client).close();
    expect(client.log).toEqual([]);
  });

  test('makes a client from options, which gives up by itself, and closes it', async () => {
    const connection = new RedisConnection({ lazyConnect: true, port: 1 });
    const { client } = connection;
    expect(client).toBeInstanceOf(Redis);
    if (client instanceof Redis)
      expect(client.options).toMatchObject({ maxRetriesPerRequest: 1, commandTimeout: 2000 });
    await connection.close();
    await connection.close();
    expect(client.status).toBe('end');
  });

  test('makes a client from an address', async () => {
    const connection = new RedisConnection('redis://127.0.0.1:1/3');
    const { client } = connection;
    if (client instanceof Redis)
      expect(client.options).toMatchObject({ host: '127.0.0.1', port: 1, db: 3 });
    await connection.close();
  });
});
