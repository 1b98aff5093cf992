// Stores over a real redis-server.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RedisStickyStore } from '../../src/redis/index.js';
import { describeWith } from '../support/program.js';
import { startRedis } from '../support/servers/redis.js';
import type { RunningServer } from '../support/servers/server-process.js';
import { testStickyStore } from '../support/sticky-store-suite.js';

describeWith(['redis-server'], 'redis', () => {
  let server: RunningServer;
  let admin: Redis;
  beforeAll(async () => {
    server = await startRedis();
    admin = new Redis(server.port);
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  testStickyStore('RedisStickyStore', async () => {
    await admin.flushall();
    const store = new RedisStickyStore({ port: server.port });
    return {
      store,
      lifeOf: async (key) => Math.max(0, await admin.pttl(`evenkeel:sticky:${key}`)),
      [Symbol.asyncDispose]: () => store.close(),
    };
  });

  describe('RedisStickyStore', () => {
    test('two balancers with one prefix share clients, with another they do not', async () => {
      await admin.flushall();
      const url = `redis://127.0.0.1:${server.port}`;
      await using first = new RedisStickyStore(url);
      await using second = new RedisStickyStore({ port: server.port, db: 0 });
      await using other = new RedisStickyStore(admin, { keyPrefix: 'other:' });
      await first.set('web/source-ip/192.0.2.1', 'a', 60_000);
      expect(await second.get('web/source-ip/192.0.2.1')).toBe('a');
      expect(await other.get('web/source-ip/192.0.2.1')).toBeUndefined();
    });

    test('leaves a client that was handed in open', async () => {
      const store = new RedisStickyStore(admin);
      await store.close();
      expect(await admin.ping()).toBe('PONG');
    });

    test('rejects when there is no Redis, and not later than it must', async () => {
      const gone = await startRedis();
      await using store = new RedisStickyStore({ port: gone.port });
      await store.set('k', 'a', 60_000);
      await gone.stop('SIGKILL');
      await expect(store.get('k')).rejects.toThrow();
    });
  });
});
