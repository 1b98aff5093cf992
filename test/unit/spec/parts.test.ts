// Parts by themselves: what the classes Pool, Frontend and HealthChecker are built from.
import { describe, expect, expectTypeOf, test } from 'vitest';
import { SpecError } from '../../../src/core/errors.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import type { BalancerConfig } from '../../../src/spec/config.js';
import {
  parseFrontend,
  parseMember,
  parseMonitor,
  parsePool,
  parseSpec,
} from '../../../src/spec/parse.js';
import { spec } from './support.js';

describe('parsePool', () => {
  test('takes the name of a shared monitor on trust', () => {
    expect(parsePool({ name: 'web', health: 'main' }).health).toBe('main');
  });

  test('may go without a name', () => {
    expect(parsePool({ strategy: 'first' })).toMatchObject({
      name: 'pool',
      strategy: { type: 'first' },
      members: [],
    });
  });

  test('gives an inline monitor the name of the pool', () => {
    expect(parsePool({ name: 'web', health: 'tcp:1s' }).health).toMatchObject({
      name: 'web',
      type: 'tcp',
      interval: 1000,
    });
    expect(parsePool({ name: 'web', health: 'none' }).health).toBeUndefined();
  });

  test('tells faults with paths that start at the pool', () => {
    const input = { name: 'web', members: ['10.0.0.1'], panicThreshold: -1 };
    expect(() => parsePool(input)).toThrow(
      'members[0]: has no port, and there is no defaultPort; got "10.0.0.1"\n' +
        'panicThreshold: expected a percentage from 0 to 100, got -1',
    );
  });
});

describe('parseFrontend', () => {
  test('takes the names of pools on trust', () => {
    const config = parseFrontend({ protocol: 'tcp', bind: '127.0.0.1:0', pool: 'anywhere' });
    expect(config).toMatchObject({ name: 'frontend', pool: 'anywhere', bind: ['127.0.0.1:0'] });
  });

  test('refuses what its protocol can not do', () => {
    const input = {
      protocol: 'udp',
      bind: ':53',
      acceptProxyProtocol: { trust: ['::1'] },
    } as const;
    expect(() => parseFrontend(input)).toThrow(
      'pool: is missing; a udp frontend needs a pool or a last route that matches everything\n' +
        'acceptProxyProtocol: acceptProxyProtocol is for tcp and http, not udp',
    );
  });
});

describe('parseMonitor', () => {
  test.each([
    ['http:/health:5s', { type: 'http', path: '/health', interval: 5000 }],
    ['https:/a:b/c:250ms', { type: 'https', path: '/a:b/c', interval: 250 }],
    ['http:/health', { type: 'http', path: '/health', interval: 5000 }],
    ['tcp:5s', { type: 'tcp', interval: 5000 }],
  ])('%s', (text, expected) => {
    expect(parseMonitor(text)).toMatchObject({ name: expected.type, ...expected });
  });

  test.each(['tcp', 'tcp:', 'tcp:5', 'tcp:1ms', 'http:5s', 'http:health:5s', 'udp:5s', ''])(
    'refuses %j',
    (text) => {
      expect(() => parseMonitor(text)).toThrow(
        `expected "http:/health:5s", "https:/health:5s" or "tcp:5s", got ${JSON.stringify(text)}`,
      );
    },
  );

  test('runs programs only where the host allows it', () => {
    const monitor = { type: 'exec', command: ['/bin/true'] } as const;
    expect(() => parseMonitor(monitor)).toThrow(SpecError);
    expect(parseMonitor(monitor, { allowExec: true }).command).toEqual(['/bin/true']);
  });

  test('udp bytes have a short form', () => {
    const config = parseMonitor({ type: 'udp', send: { hex: '00ff' }, expect: { text: 'pong' } });
    expect(config.send).toEqual({ hex: '00ff' });
    expect(config.expect).toEqual({ status: '2xx', payload: { text: 'pong' } });
  });
});

describe('parseMember', () => {
  test('names a member by its whole address', () => {
    const named = parseMember('10.0.0.1:8080');
    expect(named.name).toBe('m-120e9814');
    expect(parseMember('10.0.0.1', { defaultPort: 8080 })).toEqual(named);
    expect(parseMember({ address: '10.0.0.1' }, { defaultPort: 8080 })).toEqual(named);
  });

  test('writes IPv6 addresses in brackets', () => {
    expect(parseMember('::1', { defaultPort: 80 }).address).toBe('[::1]:80');
  });

  test('needs a port from somewhere', () => {
    expect(() => parseMember('web-1')).toThrow(
      'has no port, and there is no defaultPort; got "web-1"',
    );
    expect(() => parseMember({ address: ':80' })).toThrow('address: expected an address such as');
  });
});

describe('what a parse made', () => {
  test('is not checked again', () => {
    const config = parseSpec(
      spec({ monitors: [{ name: 'main', type: 'exec', command: ['/bin/true'] }] }),
      { allowExec: true },
    );
    const [frontend, pool, monitor] = [config.frontends[0], config.pools[0], config.monitors[0]];
    expect(frontend && parseFrontend(frontend)).toBe(frontend);
    expect(pool && parsePool(pool)).toBe(pool);
    // The host's permission was asked when the spec was parsed.
    expect(monitor && parseMonitor(monitor)).toBe(monitor);
  });

  test('is what a user may write, to the compiler too', () => {
    expectTypeOf<BalancerConfig>().toExtend<BalancerSpec>();
  });
});
