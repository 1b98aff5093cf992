import { describe, expect, test } from 'vitest';
import { Balancer } from '../../../src/balancer/balancer.js';
import type { SpecError } from '../../../src/core/errors.js';
import { Frontend } from '../../../src/frontend/frontend.js';
import { HealthChecker } from '../../../src/health/health-checker.js';
import { type BalancerEvents, EVENT_NAMES } from '../../../src/model/events.js';
import { Pool } from '../../../src/pool/pool.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import { parseMonitor } from '../../../src/spec/parse.js';

const SPEC: BalancerSpec = {
  name: 'web-lb',
  description: 'public web',
  labels: { env: 'test' },
  frontends: [{ name: 'public', protocol: 'http', bind: '127.0.0.1:0', pool: 'web' }],
  pools: [{ name: 'web', members: [{ name: 'a', address: '10.0.0.1:80', weight: 2 }] }],
};

function withMembers(...addresses: string[]): BalancerSpec {
  return { ...SPEC, pools: [{ name: 'web', members: addresses }] };
}

describe('Balancer (built, not started)', () => {
  test('opens nothing and is idle', () => {
    const balancer = new Balancer(SPEC);
    expect(balancer.name).toBe('web-lb');
    expect(balancer.status()).toMatchObject({
      state: 'idle',
      frontends: [{ name: 'public', addresses: [] }],
      pools: [{ name: 'web', members: [{ name: 'a', weight: 2 }] }],
    });
  });

  test('shows the expanded spec, which builds an equal balancer', () => {
    const balancer = new Balancer(SPEC);
    expect(balancer.spec).toMatchObject({ description: 'public web', labels: { env: 'test' } });
    expect(new Balancer(balancer.spec).spec).toEqual(balancer.spec);
    expect(new Balancer(structuredClone(balancer.spec)).spec).toEqual(balancer.spec);
  });

  test('takes the one-service form', () => {
    const balancer = new Balancer({ name: 'svc', port: 0, backends: [{ target: '10.0.0.1:80' }] });
    expect(balancer.spec.frontends).toHaveLength(1);
    expect(balancer.spec.pools[0]?.members[0]?.address).toBe('10.0.0.1:80');
  });

  test.each([
    ['no object', 7],
    ['nothing', undefined],
    ['frontends that are no list', { frontends: 'public' }],
    ['a list with holes', { frontends: [null], pools: [undefined], monitors: [3] }],
  ])('reports %s as a fault of the spec', (_case, spec) => {
    expect(() => new Balancer(spec as never)).toThrow(
      expect.objectContaining({ code: 'EK_SPEC_INVALID' }),
    );
  });

  test('says all faults at once', () => {
    const build = (): Balancer =>
      new Balancer({
        frontends: [{ name: 'public', protocol: 'http', bind: '127.0.0.1:0', pool: 'webb' }],
        pools: [{ name: 'web', members: ['10.0.0.1'] }],
      });
    expect(build).toThrow(
      expect.objectContaining<Partial<SpecError>>({
        issues: [
          expect.objectContaining({ path: 'frontends[0].pool' }),
          expect.objectContaining({ path: 'pools[0].members[0]' }),
        ],
      }),
    );
  });

  test('keeps to the limits of its host', () => {
    expect(() => new Balancer(SPEC, { limits: { maxMembers: 0 } })).toThrow(
      expect.objectContaining({
        code: 'EK_LIMIT',
        issues: [expect.objectContaining({ code: 'EK_LIMIT' })],
      }),
    );
  });

  test('finds pools and frontends by name, and suggests the nearest', () => {
    const balancer = new Balancer(SPEC);
    expect(balancer.pool('web').name).toBe('web');
    expect(balancer.frontend('public').name).toBe('public');
    expect(() => balancer.pool('wen')).toThrow(
      expect.objectContaining({
        code: 'EK_UNKNOWN_NAME',
        message: 'balancer "web-lb" has no pool "wen"; did you mean "web"?',
      }),
    );
  });

  test('shows live edits in its spec', async () => {
    const balancer = new Balancer(SPEC);
    balancer.pool('web').setWeight('a', 9);
    balancer.pool('web').add('10.0.0.2:80');
    const names = balancer.spec.pools[0]?.members.map(({ address, weight }) => [address, weight]);
    expect(names).toEqual([
      ['10.0.0.1:80', 9],
      ['10.0.0.2:80', 1],
    ]);
    const diff = await balancer.apply(SPEC, { dryRun: true });
    expect(diff.pools.changed[0]?.members).toMatchObject({
      removed: [expect.stringMatching(/^m-/)],
      changed: [{ name: 'a', fields: ['weight'] }],
    });
  });

  test('applies a spec, and says nothing changed when nothing did', async () => {
    const balancer = new Balancer(SPEC);
    const applied: BalancerEvents['spec:applied'][] = [];
    balancer.on('spec:applied', (event) => applied.push(event));
    await balancer.apply(withMembers('10.0.0.7:80'));
    const again = await balancer.apply(withMembers('10.0.0.7:80'));
    expect(again.isEmpty).toBe(true);
    expect(applied.map(({ changes }) => changes)).toEqual([2, 0]);
    expect(applied[1]?.reason).toBe('nothing changed');
    expect(balancer.spec.pools[0]?.members[0]?.address).toBe('10.0.0.7:80');
  });

  test('takes no spec of another name', async () => {
    const balancer = new Balancer(SPEC);
    await expect(balancer.apply({ ...SPEC, name: 'other' })).rejects.toMatchObject({
      code: 'EK_STATE',
    });
  });

  test('hears what instances say that were built alone, once each', () => {
    const pool = new Pool({ name: 'web', members: ['10.0.0.1:80'] });
    const balancer = new Balancer({ name: 'one', pools: [pool] });
    const heard: string[] = [];
    for (const name of EVENT_NAMES) balancer.on(name, () => heard.push(name));
    pool.add({ name: 'late', address: '10.0.0.2:80' });
    balancer.pool('web').setWeight('late', 3);
    expect(heard).toEqual(['member:added', 'member:weight']);
  });

  test('refuses two different pools of one name', () => {
    const pool = new Pool({ name: 'web', members: ['10.0.0.1:80'] });
    const other = new Pool({ name: 'web', members: ['10.0.0.2:80'] });
    const frontend = new Frontend({ name: 'a', protocol: 'tcp', bind: '127.0.0.1:0', pool });
    expect(() => new Balancer({ frontends: [frontend], pools: [other] })).toThrow(
      expect.objectContaining({ code: 'EK_IN_USE' }),
    );
    expect(new Balancer({ frontends: [frontend], pools: [pool] }).pool('web')).toBe(pool);
  });

  test('gives pools the shared checker that was handed over', () => {
    const shared = new HealthChecker({ ...parseMonitor('tcp:5s'), name: 'shared' });
    const balancer = new Balancer({
      name: 'one',
      pools: [{ name: 'web', members: ['10.0.0.1:80'], health: 'shared' }],
      monitors: [shared],
    });
    expect(balancer.spec.monitors).toEqual([shared.config]);
  });
});

describe('EVENT_NAMES', () => {
  test('names every event once', () => {
    const every: Record<keyof BalancerEvents, true> = {
      'member:up': true,
      'member:down': true,
      'member:added': true,
      'member:removed': true,
      'member:draining': true,
      'member:drained': true,
      'member:state': true,
      'member:weight': true,
      'member:ejected': true,
      'member:restored': true,
      'pool:panic': true,
      'pool:empty': true,
      'pool:discovery': true,
      'pool:discovery-failed': true,
      'pool:strategy-failed': true,
      'sticky:store-failed': true,
      'sticky:store-back': true,
      'frontend:listening': true,
      'frontend:draining': true,
      'frontend:closed': true,
      'frontend:overload': true,
      'frontend:fault': true,
      'certificate:replaced': true,
      'certificate:rejected': true,
      'request:retried': true,
      'limit:denied': true,
      'limit:store-failed': true,
      'limit:store-restored': true,
      'spec:applied': true,
      'spec:rejected': true,
      'engine:reloaded': true,
      'engine:rolled-back': true,
      'engine:died': true,
      'engine:restarted': true,
      'ha:active': true,
      'ha:acquired': true,
      'ha:backup': true,
      'ha:conflict': true,
      'ha:peer-found': true,
      'ha:peer-lost': true,
      'ha:blocked': true,
      'ha:fault': true,
      'balancer:started': true,
      'balancer:draining': true,
      'balancer:closed': true,
    };
    expect([...EVENT_NAMES].sort()).toEqual(Object.keys(every).sort());
  });
});
