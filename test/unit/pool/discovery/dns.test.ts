import { describe, expect, test } from 'vitest';
import {
  createDnsLookup,
  type DnsDiscoveryConfig,
  type DnsResolver,
  type ServiceRecord,
} from '../../../../src/pool/discovery/dns.js';

type Zone = Readonly<Record<string, readonly (string | ServiceRecord)[] | Error>>;

function fault(code: string): Error {
  return Object.assign(new Error(`query${code}`), { code });
}

/** A resolver over a table `A web` -> records; what is not there is ENOTFOUND. */
function fakeResolver(zone: Zone, log: string[] = []): DnsResolver {
  const ask = (key: string): readonly (string | ServiceRecord)[] => {
    log.push(key);
    const answer = zone[key] ?? fault('ENOTFOUND');
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const addresses = async (key: string): Promise<string[]> =>
    ask(key).filter((record) => typeof record === 'string');
  return {
    resolve4: (name) => addresses(`A ${name}`),
    resolve6: (name) => addresses(`AAAA ${name}`),
    resolveSrv: async (name) => ask(`SRV ${name}`).filter((record) => typeof record === 'object'),
    setServers: (servers) => log.push(`servers ${servers.join(' ')}`),
    cancel: () => log.push('cancel'),
  };
}

function record(name: string, weight: number): ServiceRecord {
  return { name, port: 80, priority: 0, weight };
}

const CONFIG: DnsDiscoveryConfig = {
  type: 'dns',
  name: 'web',
  record: 'A',
  port: 8080,
  interval: 9000,
};

async function look(zone: Zone, changes: Partial<DnsDiscoveryConfig> = {}, log: string[] = []) {
  const lookup = createDnsLookup({ ...CONFIG, ...changes }, undefined, () =>
    fakeResolver(zone, log),
  );
  const members = await lookup(new AbortController().signal);
  return members.map(({ address, weight, backup }) => [address, weight, backup]);
}

describe('discovery by DNS', () => {
  test('makes a member of every address, in an order of its own', async () => {
    const zone = { 'A web': ['10.0.0.2', '10.0.0.1', '10.0.0.2'] };
    expect(await look(zone)).toEqual([
      ['10.0.0.1:8080', 1, false],
      ['10.0.0.2:8080', 1, false],
    ]);
  });

  test('writes IPv6 addresses in brackets', async () => {
    const zone = { 'AAAA web': ['2001:db8::1'] };
    expect(await look(zone, { record: 'AAAA' })).toEqual([['[2001:db8::1]:8080', 1, false]]);
  });

  test('takes the default port of the pool when it has none itself', async () => {
    const { port: _, ...config } = CONFIG;
    const resolver = fakeResolver({ 'A web': ['10.0.0.1'] });
    const signal = new AbortController().signal;
    const [member] = await createDnsLookup(config, 81, () => resolver)(signal);
    expect(member?.address).toBe('10.0.0.1:81');
    await expect(createDnsLookup(config, undefined, () => resolver)(signal)).rejects.toMatchObject({
      code: 'EK_DISCOVERY',
    });
  });

  test('takes port and weight from service records, and backups from their priority', async () => {
    const zone = {
      'SRV web': [
        { name: 'one', port: 81, priority: 10, weight: 5 },
        { name: 'two', port: 82, priority: 10, weight: 0 },
        { name: 'far', port: 83, priority: 20, weight: 7 },
      ],
      'A one': ['10.0.0.1'],
      'A two': ['10.0.0.2', '10.0.0.22'],
      'AAAA far': ['2001:db8::9'],
    };
    expect(await look(zone, { record: 'SRV' })).toEqual([
      ['10.0.0.1:81', 5, false],
      ['10.0.0.22:82', 1, false],
      ['10.0.0.2:82', 1, false],
      ['[2001:db8::9]:83', 7, true],
    ]);
  });

  test('scales weights down to 256 at most', async () => {
    const zone = {
      'SRV web': [record('one', 65_535), record('two', 32_768), record('tri', 1)],
      'A one': ['10.0.0.1'],
      'A two': ['10.0.0.2'],
      'A tri': ['10.0.0.3'],
    };
    const weights = (await look(zone, { record: 'SRV' })).map(([, weight]) => weight);
    expect(weights).toEqual([256, 128, 1]);
  });

  test('asks once for a host that offers several services', async () => {
    const log: string[] = [];
    const zone = {
      'SRV web': [80, 81, 82].map((port) => ({ ...record('one', 1), port })),
      'A one': ['10.0.0.1'],
    };
    expect(await look(zone, { record: 'SRV' }, log)).toHaveLength(3);
    expect(log).toEqual(['SRV web', 'A one']);
  });

  test('leaves out service targets without an address', async () => {
    const zone = {
      'SRV web': [
        { name: 'one', port: 81, priority: 0, weight: 1 },
        { name: 'gone', port: 82, priority: 0, weight: 1 },
      ],
      'A one': ['10.0.0.1'],
      'A gone': fault('ENODATA'),
      'AAAA gone': fault('ENODATA'),
    };
    expect(await look(zone, { record: 'SRV' })).toEqual([['10.0.0.1:81', 1, false]]);
  });

  test('a target that could not be asked for spoils the whole answer', async () => {
    const zone = {
      'SRV web': [
        { name: 'one', port: 81, priority: 0, weight: 1 },
        { name: 'slow', port: 82, priority: 0, weight: 1 },
      ],
      'A one': ['10.0.0.1'],
      'A slow': fault('ETIMEOUT'),
    };
    await expect(look(zone, { record: 'SRV' })).rejects.toMatchObject({ code: 'ETIMEOUT' });
  });

  test.each<[string, Zone]>([
    ['no such name', {}],
    ['an empty answer', { 'A web': [] }],
    ['a broken server', { 'A web': fault('ESERVFAIL') }],
  ])('%s is a failure', async (_, zone) => {
    await expect(look(zone)).rejects.toThrow();
  });

  test('asks the servers it was told to, and lets go when it is stopped', async () => {
    const log: string[] = [];
    const resolver = fakeResolver({ 'A web': ['10.0.0.1'] }, log);
    const stop = new AbortController();
    const hanging = { ...resolver, resolve4: () => new Promise<string[]>(() => undefined) };
    const lookup = createDnsLookup(
      { ...CONFIG, servers: ['127.0.0.1:53'] },
      undefined,
      () => hanging,
    );
    void lookup(stop.signal);
    stop.abort();
    expect(log).toEqual(['servers 127.0.0.1:53', 'cancel']);
  });

  test('leaves one resolver time for two tries within the interval', async () => {
    const timeouts: number[] = [];
    const { signal } = new AbortController();
    for (const interval of [100, 9000, 3_600_000]) {
      const lookup = createDnsLookup({ ...CONFIG, interval }, undefined, (timeoutMs) => {
        timeouts.push(timeoutMs);
        return fakeResolver({ 'A web': ['10.0.0.1'] });
      });
      await lookup(signal);
      await lookup(signal);
    }
    expect(timeouts).toEqual([33, 3000, 5000]);
  });
});
