import diagnostics from 'node:diagnostics_channel';
import { Registry } from 'prom-client';
import { describe, expect, test, vi } from 'vitest';
import { Balancer } from '../../../src/balancer/balancer.js';
import { createMetrics, type MetricsOptions } from '../../../src/metrics/index.js';
import { createPickContext } from '../../../src/model/pick-context.js';
import type { Lease } from '../../../src/pool/lease.js';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';
import { samples } from '../../support/exposition.js';

function setUp(options: MetricsOptions = {}) {
  const clock = new VirtualClock();
  const balancer = new Balancer(
    {
      name: 'edge',
      frontends: [
        { name: 'public', protocol: 'http', bind: '127.0.0.1:0', pool: 'web', maxConnections: 50 },
        { name: 'db', protocol: 'tcp', bind: '127.0.0.1:0', pool: 'sql' },
      ],
      pools: [
        {
          name: 'web',
          members: [
            { name: 'a', address: '10.0.0.1:80', weight: 3, maxConnections: 7 },
            { name: 'b', address: '10.0.0.2:80', backup: true },
          ],
        },
        { name: 'sql', members: [{ name: 'c', address: '10.0.0.3:5432' }] },
      ],
    },
    { environment: { clock } },
  );
  const metrics = createMetrics(balancer, options);
  const read = async (name: string) => samples(await metrics.registry.metrics(), name);
  return { balancer, clock, metrics, read };
}

function lend(balancer: Balancer, pool: string): Lease {
  const answer = balancer.pool(pool).acquire(createPickContext());
  if (answer.kind !== 'lease') throw new Error(answer.kind);
  return answer;
}

describe('createMetrics', () => {
  test('shows what a member does, under the labels proxy and server', async () => {
    const { balancer, read } = setUp();
    lend(balancer, 'web').release('ok', 204);
    lend(balancer, 'web').release('reset');
    lend(balancer, 'web');
    const a = '{proxy="web",server="a"}';
    expect(await read('evenkeel_server_loadbalanced_total')).toMatchObject({ [a]: 3 });
    expect(await read('evenkeel_server_current_sessions')).toMatchObject({ [a]: 1 });
    expect(await read('evenkeel_server_response_errors_total')).toMatchObject({ [a]: 1 });
    expect(await read('evenkeel_server_uweight')).toEqual({
      [a]: 3,
      '{proxy="web",server="b"}': 1,
      '{proxy="sql",server="c"}': 1,
    });
    expect(await read('evenkeel_server_limit_sessions')).toEqual({ [a]: 7 });
    const codes = await read('evenkeel_server_http_responses_total');
    expect(codes['{proxy="web",server="a",code="2xx"}']).toBe(1);
    expect(codes['{proxy="web",server="a",code="5xx"}']).toBe(0);
  });

  test.each([
    ['UP', () => {}],
    ['DRAIN', (balancer: Balancer) => balancer.pool('web').setState('a', 'drain')],
    ['MAINT', (balancer: Balancer) => balancer.pool('web').setState('a', 'maintenance')],
    ['DOWN', (balancer: Balancer) => balancer.pool('web').member('a')?.state.setHealth('down', 0)],
  ])('the state of a member is one series of five: %s', async (state, change) => {
    const { balancer, read } = setUp();
    change(balancer);
    const status = await read('evenkeel_server_status');
    const ofA = Object.entries(status).filter(([labels]) => labels.includes('server="a"'));
    expect(ofA).toHaveLength(5);
    expect(ofA.filter(([, value]) => value === 1).map(([labels]) => labels)).toEqual([
      `{proxy="web",server="a",state="${state}"}`,
    ]);
    expect(await read('evenkeel_backend_agg_server_status')).toMatchObject({
      [`{proxy="web",state="${state}"}`]: state === 'UP' ? 2 : 1,
    });
  });

  test('HTTP families are left out where there is no HTTP', async () => {
    const { read } = setUp();
    expect(Object.keys(await read('evenkeel_frontend_http_requests_total'))).toEqual([
      '{proxy="public"}',
    ]);
    expect(Object.keys(await read('evenkeel_backend_http_requests_total'))).toEqual([
      '{proxy="web"}',
    ]);
    expect(Object.keys(await read('evenkeel_frontend_sessions_total'))).toEqual([
      '{proxy="public"}',
      '{proxy="db"}',
    ]);
  });

  test('a member that leaves takes its series along, and nothing from its pool', async () => {
    const { balancer, read } = setUp();
    lend(balancer, 'web').release('ok', 200);
    await balancer.pool('web').remove('a');
    expect(Object.keys(await read('evenkeel_server_uweight'))).not.toContain(
      '{proxy="web",server="a"}',
    );
    expect(await read('evenkeel_backend_loadbalanced_total')).toMatchObject({
      '{proxy="web"}': 1,
    });
  });

  test('looks at the balancer once for each scrape, and never between', async () => {
    const { balancer, metrics } = setUp();
    const status = vi.spyOn(balancer, 'status');
    lend(balancer, 'web').release('ok', 200);
    expect(status).not.toHaveBeenCalled();
    await metrics.registry.metrics();
    expect(status).toHaveBeenCalledTimes(1);
    await metrics.registry.metrics();
    expect(status).toHaveBeenCalledTimes(2);
  });

  test('goes into a registry of the host under another prefix, and out again', async () => {
    const registry = new Registry();
    const { metrics } = setUp({ registry, prefix: 'haproxy', durations: true });
    expect(metrics.registry).toBe(registry);
    expect(await registry.metrics()).toContain('haproxy_frontend_status{proxy="public"');
    metrics.close();
    expect(registry.getMetricsAsArray()).toEqual([]);
  });
});

describe('durations', () => {
  const REPORT = { balancer: 'edge', frontend: 'public', pool: 'web', startMs: 1000 };
  const NAME = 'evenkeel_http_request_duration_seconds';

  test('are counted by frontend, pool and class of status', async () => {
    const { metrics, read } = setUp({ durations: { buckets: [0.1, 1] } });
    const channel = diagnostics.channel('evenkeel:request:end');
    channel.publish({ ...REPORT, status: 200, endMs: 1050 });
    channel.publish({ ...REPORT, status: 204, endMs: 1500 });
    channel.publish({ ...REPORT, status: 0, endMs: 4000 });
    channel.publish({ ...REPORT, balancer: 'other', status: 200, endMs: 1050 });
    const ok = 'proxy="public",backend="web",code="2xx"';
    expect(await read(`${NAME}_bucket`)).toMatchObject({
      [`{le="0.1",${ok}}`]: 1,
      [`{le="1",${ok}}`]: 2,
      [`{le="+Inf",${ok}}`]: 2,
    });
    expect(await read(`${NAME}_count`)).toEqual({
      [`{${ok}}`]: 2,
      '{proxy="public",backend="web",code="none"}': 1,
    });
    metrics.close();
  });

  test('are listened to only when asked for, and no longer than wanted', () => {
    const channel = diagnostics.channel('evenkeel:request:end');
    const { metrics: without } = setUp();
    expect(channel.hasSubscribers).toBe(false);
    const { metrics } = setUp({ durations: true });
    expect(channel.hasSubscribers).toBe(true);
    metrics.close();
    without.close();
    expect(channel.hasSubscribers).toBe(false);
  });
});
