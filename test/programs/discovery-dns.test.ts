import { describe, expect, test } from 'vitest';
import type { BalancerEvents } from '../../src/model/events.js';
import { createPickContext } from '../../src/model/pick-context.js';
import { Pool } from '../../src/pool/pool.js';
import { describeWith } from '../support/program.js';
import { type NamedServer, startNamed } from '../support/servers/named.js';

const ZONE = 'pool.test';

function createPool(named: NamedServer, record: 'A' | 'AAAA' | 'SRV', name: string): Pool {
  return new Pool({
    name: 'web',
    discovery: {
      type: 'dns',
      name: `${name}.${ZONE}`,
      record,
      ...(record === 'SRV' ? {} : { port: 8080 }),
      interval: '1s',
      servers: [`${named.host}:${named.port}`],
    },
  });
}

const addresses = (pool: Pool): string =>
  pool
    .status()
    .members.map((member) => member.address)
    .join(' ');

/** Waits for the next discovery event that changes something. */
async function changed(pool: Pool): Promise<BalancerEvents['pool:discovery']> {
  return await pool.events.once('pool:discovery', { signal: AbortSignal.timeout(20_000) });
}

describeWith(['named'], 'discovery with a real DNS server', () => {
  describe('address records', () => {
    test('a pool grows and shrinks live while clients use it', async () => {
      await using named = await startNamed({ name: ZONE, records: ['web 1 IN A 127.0.0.1'] });
      await using pool = createPool(named, 'A', 'web');
      await pool.start();
      expect(addresses(pool)).toBe('127.0.0.1:8080');
      const lease = pool.acquire(createPickContext());

      let change = changed(pool);
      await named.setRecords([
        'web 1 IN A 127.0.0.1',
        'web 1 IN A 127.0.0.2',
        'web 1 IN A 127.0.0.3',
      ]);
      expect(await change).toMatchObject({ added: 2, removed: 0 });
      expect(addresses(pool)).toBe('127.0.0.1:8080 127.0.0.2:8080 127.0.0.3:8080');

      change = changed(pool);
      const gone = pool.events.once('member:removed');
      await named.setRecords(['web 1 IN A 127.0.0.3']);
      expect(await change).toMatchObject({ added: 0, removed: 2 });
      expect(addresses(pool)).toBe('127.0.0.3:8080');
      expect((await gone).completed).toBe(0);
      const finished = pool.events.once('member:removed');
      if (lease.kind === 'lease') lease.release('ok');
      expect(await finished).toMatchObject({ completed: 1, aborted: 0, stillOpen: 0 });
    });

    test('the last good answer stays when the name goes away, and when the server does', async () => {
      const named = await startNamed({ name: ZONE, records: ['web 1 IN A 127.0.0.1'] });
      await using pool = createPool(named, 'A', 'web');
      await pool.start();
      let failed = pool.events.once('pool:discovery-failed');
      await named.setRecords(['other 1 IN A 127.0.0.9']);
      expect((await failed).reason).toContain('ENOTFOUND');
      expect(addresses(pool)).toBe('127.0.0.1:8080');

      const back = changed(pool);
      await named.setRecords(['web 1 IN A 127.0.0.1', 'web 1 IN A 127.0.0.2']);
      expect(await back).toMatchObject({ added: 1, removed: 0 });

      failed = pool.events.once('pool:discovery-failed');
      await named.stop();
      await failed;
      expect(addresses(pool)).toBe('127.0.0.1:8080 127.0.0.2:8080');
    });

    test('IPv6 addresses too', async () => {
      await using named = await startNamed({ name: ZONE, records: ['web 1 IN AAAA ::1'] });
      await using pool = createPool(named, 'AAAA', 'web');
      await pool.start();
      expect(addresses(pool)).toBe('[::1]:8080');
    });
  });

  describe('service records', () => {
    test('bring ports, weights and backups, and change them live', async () => {
      const hosts = ['one 1 IN A 127.0.0.1', 'two 1 IN A 127.0.0.2', 'far 1 IN AAAA ::1'];
      await using named = await startNamed({
        name: ZONE,
        records: [
          ...hosts,
          '_http._tcp 1 IN SRV 10 60000 8081 one',
          '_http._tcp 1 IN SRV 10 30000 8082 two',
          '_http._tcp 1 IN SRV 20 1 8083 far',
        ],
      });
      await using pool = createPool(named, 'SRV', '_http._tcp');
      await pool.start();
      expect(
        pool.status().members.map(({ address, weight, backup }) => [address, weight, backup]),
      ).toEqual([
        ['127.0.0.1:8081', 256, false],
        ['127.0.0.2:8082', 128, false],
        ['[::1]:8083', 1, true],
      ]);
      const reweighted = pool.events.once('member:weight');
      await named.setRecords([
        ...hosts,
        '_http._tcp 1 IN SRV 10 60000 8081 one',
        '_http._tcp 1 IN SRV 10 15000 8082 two',
        '_http._tcp 1 IN SRV 20 1 8083 far',
      ]);
      expect((await reweighted).weight).toBe(64);
      expect(pool.members).toHaveLength(3);
    });
  });
});
